use axum_extra::extract::cookie::Key;
use tower_sessions_0_15::service::CookieController;
use tower_sessions_0_15::{MemoryStore, SessionManagerLayer};

use crate::recipe::{OldCookie, OldSessions, Users};
use crate::support::{After, NEW, OLD, before_with, user};

fn after(store: MemoryStore, cookie: OldCookie) -> After {
    After::with(OldSessions {
        store,
        cookie,
        users: Users { remember: false },
    })
}

/// Whoever has the cookie of a layer is taken over by `key`, and by nothing else.
async fn is_taken_over_only_by<C: CookieController + Sync>(
    store: MemoryStore,
    layer: SessionManagerLayer<MemoryStore, C>,
    key: OldCookie,
    others: [OldCookie; 3],
) {
    let browser = user(&before_with(layer)).await;
    for other in others {
        let after = after(store.clone(), other);
        assert_eq!(browser.clone().get(&after.app, "/").await.body, "nobody: ");
    }
    let after = after(store, key);
    let mut tampered = browser.clone();
    let value = tampered.0.get_mut(OLD).unwrap();
    let last = if value.pop() == Some('A') { 'B' } else { 'A' };
    value.insert(0, last);
    assert_eq!(tampered.get(&after.app, "/").await.body, "nobody: ");

    let mut browser = browser;
    assert_eq!(browser.get(&after.app, "/").await.body, "user:42: apple");
    assert_eq!(browser.get(&after.app, "/").await.body, "user:42: apple");
    assert_eq!(browser.names(), [NEW]);
}

#[tokio::test]
async fn a_signed_cookie_is_read_with_its_key_and_with_no_other() {
    let (key, other) = (Key::generate(), Key::generate());
    let store = MemoryStore::default();
    let old = tower_sessions_0_15::cookie::Key::from(key.master());
    let layer = SessionManagerLayer::new(store.clone()).with_signed(old);
    let others = [
        OldCookie::Plain,
        OldCookie::Signed(other),
        OldCookie::Private(key.clone()),
    ];
    is_taken_over_only_by(store, layer, OldCookie::Signed(key), others).await;
}

#[tokio::test]
async fn a_private_cookie_is_read_with_its_key_and_with_no_other() {
    let (key, other) = (Key::generate(), Key::generate());
    let store = MemoryStore::default();
    let old = tower_sessions_0_15::cookie::Key::from(key.master());
    let layer = SessionManagerLayer::new(store.clone()).with_private(old);
    let others = [
        OldCookie::Plain,
        OldCookie::Private(other),
        OldCookie::Signed(key.clone()),
    ];
    is_taken_over_only_by(store, layer, OldCookie::Private(key), others).await;
}

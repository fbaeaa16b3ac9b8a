use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use async_trait::async_trait;
use axum_bare_session::Duration;
use tower_sessions_0_15::cookie::time::OffsetDateTime;
use tower_sessions_0_15::session::{Id, Record};
use tower_sessions_0_15::session_store::{Error, Result};
use tower_sessions_0_15::{MemoryStore, SessionStore};

use crate::support::{After, Jar, NEW, OLD, before, stored, user};

fn with_cookie(name: &str, value: &str) -> Jar {
    Jar([(name.to_owned(), value.to_owned())].into())
}

#[tokio::test]
async fn an_unknown_or_expired_old_session_is_none_and_its_cookie_goes() {
    let store = MemoryStore::default();
    let mut expired = user(&before(store.clone())).await;
    let mut old = stored(&store, &expired).await.unwrap();
    old.expiry_date = OffsetDateTime::now_utc() - Duration::SECOND;
    store.save(&old).await.unwrap();
    let after = After::of(store);
    let mut unknown = with_cookie(OLD, &Id::default().to_string());
    for browser in [&mut expired, &mut unknown] {
        let reply = browser.get(&after.app, "/").await;
        assert_eq!((reply.status.as_u16(), &*reply.body), (200, "nobody: "));
        assert!(browser.names().is_empty());
        // What they write makes a session as any visitor's.
        browser.post(&after.app, "/cart/pear").await;
        assert_eq!(browser.get(&after.app, "/").await.body, "nobody: pear");
    }
}

#[tokio::test]
async fn a_malformed_cookie_is_left_alone_and_an_old_id_is_no_secret_of_a_new_session() {
    let store = MemoryStore::default();
    let browser = user(&before(store.clone())).await;
    let after = After::of(store);
    let id = &browser.0[OLD];
    let changed = if id.starts_with('A') { "B" } else { "A" };
    for value in [
        "",
        "x",
        &id[1..],
        &format!("{id}A"),
        &format!("{id}{id}{id}")[..64],
        "ü",
    ] {
        let reply = with_cookie(OLD, value).get(&after.app, "/").await;
        assert_eq!(
            (&*reply.body, reply.set_cookies.len()),
            ("nobody: ", 0),
            "{value:?}"
        );
    }
    let tampered = format!("{changed}{}", &id[1..]);
    assert_eq!(
        with_cookie(OLD, &tampered).get(&after.app, "/").await.body,
        "nobody: "
    );
    assert_eq!(
        with_cookie(NEW, id).get(&after.app, "/").await.body,
        "nobody: "
    );
}

const DOWN: u8 = 1;
const UNREADABLE: u8 = 2;

/// A store that fails, or holds what it cannot read.
#[derive(Clone, Default)]
struct Faulty {
    store: MemoryStore,
    fault: Arc<AtomicU8>,
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

impl Faulty {
    fn check(&self) -> Result<()> {
        match self.fault.load(Ordering::Relaxed) {
            DOWN => Err(Error::Backend("down".to_owned())),
            UNREADABLE => Err(Error::Decode("secret".to_owned())),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl SessionStore for Faulty {
    async fn save(&self, record: &Record) -> Result<()> {
        self.check()?;
        self.store.save(record).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        self.check()?;
        self.store.load(id).await
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.check()?;
        self.store.delete(id).await
    }
}

#[tokio::test]
async fn a_store_that_is_down_logs_nobody_out() {
    let faulty = Faulty::default();
    let mut browser = user(&before(faulty.store.clone())).await;
    let after = After::of(faulty.clone());
    faulty.fault.store(DOWN, Ordering::Relaxed);
    let reply = browser.get(&after.app, "/").await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (503, ""));
    faulty.fault.store(0, Ordering::Relaxed);
    assert_eq!(browser.get(&after.app, "/").await.body, "user:42: apple");
    faulty.fault.store(DOWN, Ordering::Relaxed);
    assert_eq!(browser.get(&after.app, "/").await.status, 503);
    faulty.fault.store(0, Ordering::Relaxed);
    assert_eq!(browser.get(&after.app, "/").await.body, "user:42: apple");
    assert_eq!(browser.names(), [NEW]);
}

#[tokio::test]
async fn what_the_store_cannot_read_is_no_session_and_no_error_for_ever() {
    let faulty = Faulty::default();
    let mut browser = user(&before(faulty.store.clone())).await;
    let after = After::of(faulty.clone());
    faulty.fault.store(UNREADABLE, Ordering::Relaxed);
    let reply = browser.get(&after.app, "/").await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (200, "nobody: "));
    assert!(browser.names().is_empty());
}

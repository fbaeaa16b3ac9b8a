use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{ConfigError, DefaultScope, SessionEventKind, Sessions, SigningKey};

use crate::support::{Browser, Setup, visitor_routes};

fn key(byte: u8) -> SigningKey {
    SigningKey::new([byte; 32]).unwrap()
}

fn signed_by(keys: &[u8]) -> Setup {
    let keys: Vec<_> = keys.iter().copied().map(key).collect();
    Setup::build(visitor_routes::<DefaultScope>(), |builder| {
        builder.signing_keys(keys)
    })
}

/// The same storage and clock, behind an application with other keys; with the cookies of `browser`.
fn moved(setup: &Setup, keys: &[u8], browser: &Browser) -> Browser {
    let keys: Vec<_> = keys.iter().copied().map(key).collect();
    let sessions = Sessions::builder(setup.storage.clone())
        .clock(setup.clock.reader())
        .signing_keys(keys)
        .build()
        .unwrap();
    let mut moved = setup.browser_of(sessions);
    moved.cookies.clone_from(&browser.cookies);
    moved
}

fn cookie(browser: &Browser) -> &str {
    &browser.cookies["__Host-Http-id"]
}

#[tokio::test]
async fn a_signed_cookie_opens_its_session() {
    let setup = signed_by(&[1]);
    let mut browser = setup.visitor().await;
    assert_eq!(cookie(&browser).len(), 64 + 32);
    assert_eq!(browser.read("x").await, Some(1));
    browser.visit(|s| s.log_in("ada")).await;
    assert!(browser.is_known().await);
}

#[tokio::test]
async fn a_forged_cookie_costs_no_call_to_the_storage() {
    let (sender, mut events) = tokio::sync::mpsc::channel(9);
    let setup = Setup::configured(|builder| builder.signing_keys([key(1)]).events(sender));
    let browser = setup.visitor().await;
    let good = cookie(&browser).to_owned();
    events.recv().await.unwrap();
    let mut forged = browser.clone();
    // Another id, another secret, another signature, none.
    for at in [3, 40, 70] {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let value = String::from_utf8(bytes).unwrap();
        forged.cookies.insert("__Host-Http-id".to_owned(), value);
        assert!(!forged.is_known().await);
        let event = events.try_recv().unwrap();
        assert_eq!(event.kind, SessionEventKind::WrongSignature);
    }
    for value in [&good[..64], &good[..95], &format!("{good}A")] {
        forged
            .cookies
            .insert("__Host-Http-id".to_owned(), value.to_owned());
        assert!(!forged.is_known().await);
    }
    assert_eq!(setup.storage.take_calls().total(), 0);
    assert!(browser.is_known().await);
}

#[tokio::test]
async fn forged_cookies_do_not_crowd_out_the_visitors_own() {
    let setup = signed_by(&[1]);
    let browser = setup.visitor().await;
    let good = cookie(&browser);
    let forged = format!("{}{}", &good[..64], "A".repeat(32));
    let values = std::iter::repeat_n(&*forged, 8).chain([good]);
    let pairs: Vec<_> = values
        .map(|value| format!("__Host-Http-id={value}"))
        .collect();
    let line = pairs.join("; ");
    let reply = browser.get_with_cookies("/read", &[line.as_bytes()]).await;
    assert_eq!(reply.body, "0");
}

#[tokio::test]
async fn keys_change_without_logging_anybody_out() {
    let setup = signed_by(&[1]);
    let old = setup.user("ada").await;
    let mut browser = moved(&setup, &[2, 1], &old);
    // A request that only reads is enough for a cookie of the new key.
    let reply = browser.get("/read").await;
    assert_eq!(reply.body, "0");
    let new = reply.new_cookie().expect("signed anew");
    assert_eq!(new[..64], cookie(&old)[..64], "the secret is the same");
    assert_ne!(new, cookie(&old));
    assert_eq!(browser.get("/read").await.new_cookie(), None, "once");

    let mut browser = moved(&setup, &[2], &browser);
    assert_eq!(browser.get("/read").await.body, "0");
    let mut dropped = moved(&setup, &[2], &old);
    assert_eq!(dropped.get("/read").await.body, "none");
}

#[tokio::test]
async fn a_cookie_is_not_signed_anew_for_a_session_that_was_renewed_or_ended_meanwhile() {
    let setup = signed_by(&[1]);
    let old = setup.user("ada").await;
    let browser = moved(&setup, &[2, 1], &old);
    let late = browser.begin().await;
    let mut other = old.clone();
    other.visit(|s| s.log_in("ada")).await;
    assert_eq!(late.finish().await.set_cookies(), [""; 0]);

    let browser = moved(&setup, &[2, 1], &other);
    let late = browser.begin().await;
    setup.sessions.revoke_all("ada").await.unwrap();
    assert_eq!(late.finish().await.set_cookies(), [""; 0]);
}

#[tokio::test]
async fn a_write_signs_anew_without_a_call_of_its_own() {
    let setup = signed_by(&[1]);
    let old = setup.visitor().await;
    let mut browser = moved(&setup, &[2, 1], &old);
    setup.storage.take_calls();
    let reply = browser.visit(|s| s.insert("y", 1)).await;
    assert!(reply.new_cookie().is_some());
    let calls = setup.storage.take_calls();
    assert_eq!((calls.load, calls.save, calls.total()), (1, 1, 2));
}

#[tokio::test]
async fn one_that_was_signed_for_another_name_is_forged() {
    let setup = signed_by(&[1]);
    let browser = setup.visitor().await;
    let sessions = Sessions::builder(setup.storage.clone())
        .cookie_name("__Host-other")
        .signing_keys([key(1)])
        .build()
        .unwrap();
    let mut other = setup.browser_of(sessions);
    let value = cookie(&browser).to_owned();
    other.cookies.insert("__Host-other".to_owned(), value);
    setup.storage.take_calls();
    assert_eq!(other.get("/read").await.body, "none");
    assert_eq!(setup.storage.take_calls().total(), 0);
}

#[test]
fn an_empty_list_and_short_keys_are_refused() {
    let storage = axum_bare_session::MemorySessionStorage::new();
    let built = Sessions::builder(storage).signing_keys([]).build();
    assert_eq!(built.unwrap_err(), ConfigError::NoSigningKey);
    for length in [0, 16, 31] {
        let key = SigningKey::new(vec![1; length]);
        assert!(matches!(key.unwrap_err(), ConfigError::SigningKey { .. }));
    }
}

#[tokio::test]
async fn the_storage_knows_nothing_of_signatures() {
    let setup = signed_by(&[1]);
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let id = visit.session.id().unwrap();
    visit.finish().await;
    let record = setup.storage.load(id).await.unwrap().unwrap();
    let json = String::from_utf8(record.to_json().unwrap()).unwrap();
    assert!(!json.contains(&cookie(&browser)[64..]));
}

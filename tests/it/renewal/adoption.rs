//! What a client sends is never taken over: a new session has a new id and a new secret.

use axum_bare_session::SessionId;
use axum_bare_session::storage::SessionStorage;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::support::{Browser, Setup};

type Token = [u8; 48];

fn token(browser: &Browser) -> Token {
    let value = &browser.cookies["__Host-Http-id"];
    let bytes = URL_SAFE_NO_PAD.decode(value).unwrap();
    bytes.try_into().unwrap()
}

fn id(token: &Token) -> SessionId {
    let id: [u8; 16] = token[..16].try_into().unwrap();
    uuid::Uuid::from_bytes(id).into()
}

/// A browser that sends `token`, reads, writes, and gets a session that shares nothing with it.
async fn assert_not_adopted(setup: &Setup, token: Token) {
    let before = setup.storage.inner.len();
    let mut browser = setup.browser();
    let value = URL_SAFE_NO_PAD.encode(token);
    browser.cookies.insert("__Host-Http-id".to_owned(), value);

    let visit = browser.begin().await;
    assert!(visit.session.is_new());
    assert_eq!(visit.session.id(), None);
    assert!(visit.session.is_empty());
    let reply = visit.finish().await;
    assert_eq!(reply.set_cookies(), [""; 0]);

    let reply = browser.visit(|session| session.insert("mine", 1)).await;
    assert_eq!(reply.set_cookies().len(), 1);
    let new = self::token(&browser);
    assert_ne!(id(&new), id(&token));
    assert_ne!(new[16..], token[16..]);
    assert_eq!(browser.keys().await, ["mine"]);
    assert_eq!(setup.storage.inner.len(), before + 1);
}

#[tokio::test]
async fn a_cookie_with_an_unknown_id_is_never_adopted() {
    let setup = Setup::new();
    assert_not_adopted(&setup, [7; 48]).await;
    assert_not_adopted(&setup, [0; 48]).await;
    assert_not_adopted(&setup, [255; 48]).await;
}

#[tokio::test]
async fn a_cookie_with_a_wrong_secret_is_never_adopted_and_harms_nobody() {
    let setup = Setup::new();
    let browser = setup.user("user:42").await;
    let good = token(&browser);
    for byte in [16, 17, 31, 47] {
        let mut wrong = good;
        wrong[byte] ^= 1;
        assert_not_adopted(&setup, wrong).await;
    }
    assert!(browser.is_known().await);
    assert_eq!(browser.keys().await, ["x"]);
}

#[tokio::test]
async fn a_stored_digest_opens_nothing() {
    let setup = Setup::new();
    let browser = setup.user("user:42").await;
    let mut stolen = token(&browser);
    let record = setup.storage.inner.load(id(&stolen)).await.unwrap();
    stolen[16..].copy_from_slice(record.unwrap().digest.as_bytes());
    assert_not_adopted(&setup, stolen).await;
    assert!(browser.is_known().await);
}

#[tokio::test]
async fn the_secret_of_one_session_opens_no_other() {
    let setup = Setup::new();
    let (one, two) = (setup.visitor().await, setup.visitor().await);
    let mut mixed = token(&one);
    mixed[16..].copy_from_slice(&token(&two)[16..]);
    assert_not_adopted(&setup, mixed).await;
}

#[tokio::test]
async fn a_cookie_that_was_renewed_away_is_never_adopted() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let old = token(&browser);
    browser.visit(|session| session.log_in("user:42")).await;
    // For a minute it is known for what it is, and gets no new session either.
    setup.clock.advance(axum_bare_session::Duration::MINUTE);
    assert_not_adopted(&setup, old).await;
    assert!(browser.is_known().await);
}

#[tokio::test]
async fn a_cookie_of_a_destroyed_session_is_never_adopted() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let old = token(&browser);
    let log_out = |session: &axum_bare_session::SessionData| {
        session.destroy();
        Ok(())
    };
    browser.visit(log_out).await;
    assert_not_adopted(&setup, old).await;
}

#[tokio::test]
async fn a_cookie_of_an_expired_session_is_never_adopted() {
    let setup = Setup::new();
    let old = token(&setup.visitor().await);
    setup.clock.advance(axum_bare_session::Duration::hours(24));
    // The storage sweeps the expired one when the new one comes.
    let mut browser = setup.browser();
    let value = URL_SAFE_NO_PAD.encode(old);
    browser.cookies.insert("__Host-Http-id".to_owned(), value);
    assert!(!browser.is_known().await);
    browser.visit(|session| session.insert("mine", 1)).await;
    assert_ne!(id(&token(&browser)), id(&old));
    assert_ne!(token(&browser)[16..], old[16..]);
    assert_eq!(browser.keys().await, ["mine"]);
}

#[tokio::test]
async fn a_log_in_behind_a_planted_cookie_gets_a_secret_that_nobody_planted() {
    let setup = Setup::new();
    // The attacker's own anonymous session, which the victim's browser was made to send.
    let attacker = setup.visitor().await;
    let mut victim = attacker.clone();
    victim.visit(|session| session.log_in("user:42")).await;
    assert!(victim.is_known().await);
    assert!(!attacker.is_known().await);
}

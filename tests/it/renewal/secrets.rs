use std::sync::Arc;

use axum_bare_session::storage::{Saved, SessionRecord, SessionStorage};
use axum_bare_session::{Duration, SessionData, SessionError};

use crate::support::{Browser, Setup};

/// What opens the session after `work` is a new cookie, and nothing else.
async fn assert_renews(
    setup: &Setup,
    browser: &mut Browser,
    work: impl FnOnce(&SessionData) -> Result<(), SessionError>,
) {
    let old = browser.clone();
    let id = browser.begin().await.session.id();
    let reply = browser.visit(work).await;
    assert_eq!(reply.set_cookies().len(), 1);
    assert!(browser.is_known().await);
    assert_ne!(browser.cookie(), old.cookie());
    let visit = browser.begin().await;
    assert_eq!(visit.session.id(), id, "the public id stays");
    assert_eq!(setup.storage.inner.len(), 1);

    let visit = old.begin().await;
    assert!(visit.session.is_new());
    assert!(visit.session.is_empty());
    assert_eq!(visit.session.owner(), None);
    let reply = visit.finish().await;
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert!(browser.is_known().await);
}

#[tokio::test]
async fn a_renewal_keeps_the_values_and_kills_the_old_cookie() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    assert_renews(&setup, &mut browser, |session| session.renew()).await;
    assert_eq!(browser.read("x").await, Some(1));
}

#[tokio::test]
async fn a_log_in_keeps_the_visitors_values_and_kills_the_old_cookie() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    assert_renews(&setup, &mut browser, |session| session.log_in("user:42")).await;
    assert_eq!(browser.read("x").await, Some(1));
    let visit = browser.begin().await;
    assert_eq!(visit.session.owner().as_deref(), Some("user:42"));
    assert_eq!(visit.session.authenticated_at(), Some(setup.clock.now()));
}

#[tokio::test]
async fn a_second_log_in_of_the_same_owner_renews_and_keeps_the_values() {
    let setup = Setup::new();
    let mut browser = setup.user("user:42").await;
    setup.clock.advance(Duration::HOUR);
    assert_renews(&setup, &mut browser, |session| session.log_in("user:42")).await;
    assert_eq!(browser.read("x").await, Some(1));
    let visit = browser.begin().await;
    assert_eq!(visit.session.authenticated_at(), Some(setup.clock.now()));
}

#[tokio::test]
async fn a_log_in_of_another_owner_keeps_nothing_of_the_former_one() {
    let setup = Setup::new();
    let mut browser = setup.user("user:7").await;
    let work = |session: &SessionData| {
        session.insert("before", 1)?;
        session.log_in("user:42")?;
        session.insert("after", 1)
    };
    assert_renews(&setup, &mut browser, work).await;
    assert_eq!(browser.keys().await, ["after"]);
    assert!(setup.sessions.list("user:7").await.unwrap().is_empty());
    assert_eq!(setup.sessions.list("user:42").await.unwrap().len(), 1);
}

#[tokio::test]
async fn renewing_twice_in_one_request_sends_one_cookie() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let work = |session: &SessionData| {
        session.renew()?;
        session.log_in("user:42")?;
        session.renew()
    };
    assert_renews(&setup, &mut browser, work).await;
    assert_eq!(setup.storage.take_calls().save, 1);
}

#[tokio::test]
async fn a_renewal_moves_neither_limit() {
    let setup = Setup::configured(|builder| {
        let builder = builder.idle_timeout(Duration::hours(2));
        builder.absolute_timeout(Duration::hours(3))
    });
    let mut browser = setup.visitor().await;
    setup.clock.advance(Duration::minutes(100));
    browser.visit(|session| session.renew()).await;
    setup.clock.advance(Duration::minutes(79));
    assert!(browser.is_known().await);
    setup.clock.advance(Duration::MINUTE);
    assert!(!browser.is_known().await, "three hours after its creation");
}

#[tokio::test]
async fn a_renewal_that_is_reverted_changes_nothing() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let cookie = browser.cookie();
    let work = |session: &SessionData| {
        session.log_in("user:42")?;
        session.revert();
        Ok(())
    };
    let reply = browser.visit(work).await;
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert_eq!(browser.cookie(), cookie);
    assert!(browser.is_known().await);
    assert!(setup.sessions.list("user:42").await.unwrap().is_empty());
}

/// What a later version of the crate says of a former secret, where the session's privileges change after that.
#[tokio::test]
async fn what_a_later_version_says_of_a_former_secret_survives_a_change_of_privileges() {
    let setup = Setup::configured(|builder| builder.renewal_interval(Duration::minutes(15)));
    let mut browser = setup.visitor().await;
    setup.clock.advance(Duration::minutes(20));
    browser.visit(|session| session.insert("x", 2)).await;
    let id = browser.begin().await.session.id().unwrap();
    let record = setup.storage.inner.load(id).await.unwrap().unwrap();
    let json = String::from_utf8(record.to_json().unwrap()).unwrap();
    assert!(json.contains(r#""nonce":"#), "it was renewed by itself");
    let json = json.replacen(r#""replaced_at""#, r#""later":1,"replaced_at""#, 1);
    let mut later = SessionRecord::from_json(json.as_bytes()).unwrap();
    later.version = record.version.next();
    let saved = setup
        .storage
        .inner
        .save(id, Arc::new(later), Some(record.version));
    assert_eq!(saved.await.unwrap(), Saved::Done);
    browser.visit(|session| session.renew()).await;
    let record = setup.storage.inner.load(id).await.unwrap().unwrap();
    let json = String::from_utf8(record.to_json().unwrap()).unwrap();
    assert!(json.contains(r#""later":1"#), "{json}");
}

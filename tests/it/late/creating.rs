//! What is written while the response creates the session.

use axum_bare_session::SessionError;

use crate::support::{Call, Fault, Setup};

/// A task that is spawned by the handler, and is faster than the storage.
#[tokio::test]
async fn what_is_written_while_the_session_is_created_is_the_sessions() {
    let setup = Setup::new();
    let mut browser = setup.browser();
    let visit = browser.begin().await;
    visit.session.insert("job", "running").unwrap();
    let session = visit.session.clone();
    let gate = setup.storage.gate(Call::Save);
    let response = visit.begin_commit("started");
    gate.arrival().await;
    session.insert("job", "done").unwrap();
    let renewed = session.renew();
    assert!(matches!(renewed, Err(SessionError::ResponseSent)));
    let save = tokio::spawn(async move { session.save().await });
    setup.storage.heal();
    gate.open();
    browser.keep(&response.await.unwrap());
    save.await.unwrap().unwrap();
    assert_eq!(browser.read("job").await, Some("done".to_owned()));
}

#[tokio::test]
async fn what_is_written_while_a_creation_fails_is_an_error_at_the_next_save() {
    let setup = Setup::new();
    let visit = setup.browser().begin().await;
    visit.session.insert("job", "running").unwrap();
    let session = visit.session.clone();
    setup.storage.fault(Call::Save, Fault::NotMigrated);
    let gate = setup.storage.gate(Call::Save);
    let response = visit.begin_commit("started");
    gate.arrival().await;
    session.insert("job", "done").unwrap();
    setup.storage.heal();
    gate.open();
    assert_eq!(response.await.unwrap().status, 500);
    assert!(matches!(
        session.insert("job", "done"),
        Err(SessionError::Ended)
    ));
    assert!(setup.storage.inner.is_empty());
}

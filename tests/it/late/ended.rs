use axum_bare_session::{Duration, SessionData, SessionError};

use crate::support::{Browser, Setup};

async fn late(browser: &Browser) -> SessionData {
    let visit = browser.begin().await;
    let session = visit.session.clone();
    visit.finish().await;
    session
}

fn log_out(session: &SessionData) -> Result<(), SessionError> {
    session.destroy();
    Ok(())
}

async fn assert_save_says_that_it_ended(session: &SessionData) {
    let saved = session.save().await;
    assert!(matches!(saved, Err(SessionError::Ended)), "{saved:?}");
    let written = session.insert("z", 1);
    assert!(matches!(written, Err(SessionError::Ended)));
}

#[tokio::test]
async fn a_late_save_into_a_session_that_was_destroyed_says_so() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let session = late(&browser).await;
    session.insert("y", 1).unwrap();
    browser.visit(log_out).await;
    assert_save_says_that_it_ended(&session).await;
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_late_save_into_a_session_that_was_revoked_says_so() {
    let setup = Setup::new();
    let browser = setup.user("user:42").await;
    let session = late(&browser).await;
    session.insert("y", 1).unwrap();
    setup.sessions.revoke_all("user:42").await.unwrap();
    assert_save_says_that_it_ended(&session).await;
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_late_label_of_a_session_that_was_revoked_says_so_too() {
    let setup = Setup::new();
    let browser = setup.user("user:42").await;
    let session = late(&browser).await;
    session.set_label("phone").unwrap();
    setup.sessions.revoke_all("user:42").await.unwrap();
    assert_save_says_that_it_ended(&session).await;
}

#[tokio::test]
async fn a_late_save_into_a_session_that_expired_says_so() {
    let setup = Setup::new();
    let session = late(&setup.visitor().await).await;
    session.insert("y", 1).unwrap();
    setup.clock.advance(Duration::hours(24));
    assert_save_says_that_it_ended(&session).await;
}

/// The response had something to save itself.
#[tokio::test]
async fn a_late_save_behind_one_with_the_response_is_a_visit_of_its_own_too() {
    let setup = Setup::new();
    let visit = setup.visitor().await.begin().await;
    let session = visit.session.clone();
    session.insert("x", 2).unwrap();
    assert_eq!(visit.finish().await.status, 200);
    session.insert("y", 1).unwrap();
    setup.clock.advance(Duration::hours(24));
    assert_save_says_that_it_ended(&session).await;
}

#[tokio::test]
async fn a_late_save_whose_changes_a_renewal_dropped_says_so() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let session = late(&browser).await;
    session.insert("x", 9).unwrap();
    let log_in = |session: &SessionData| {
        session.insert("x", 2)?;
        session.log_in("user:42")
    };
    browser.visit(log_in).await;
    assert_save_says_that_it_ended(&session).await;
    assert_eq!(browser.read("x").await, Some(2));
}

#[tokio::test]
async fn a_late_save_of_what_a_renewal_left_alone_is_stored_and_the_last() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let session = late(&browser).await;
    session.insert("y", 1).unwrap();
    browser.visit(|session| session.log_in("user:42")).await;
    session.save().await.unwrap();
    assert_eq!(browser.keys().await, ["x", "y"]);
    let again = session.insert("y", 2);
    assert!(matches!(again, Err(SessionError::Ended)));
}

#[tokio::test]
async fn changes_that_a_reload_drops_are_not_reported_as_saved() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let session = late(&browser).await;
    session.insert("y", 1).unwrap();
    browser.visit(log_out).await;
    assert!(!session.reload().await.unwrap());
    assert_save_says_that_it_ended(&session).await;
}

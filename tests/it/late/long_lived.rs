//! What a stream or a socket does hours after its response: others have used the session since.

use std::time::Duration as Wait;

use axum_bare_session::{Duration, SessionData, SessionError};

use crate::support::{Browser, Call, Fault, Setup};

fn setup() -> Setup {
    Setup::configured(|builder| {
        builder
            .idle_timeout(Duration::hours(1))
            .storage_timeout(Wait::from_millis(100))
            .max_size(100)
    })
}

/// The session of a stream, whose response has been sent.
async fn stream(browser: &Browser) -> SessionData {
    let visit = browser.begin().await;
    let session = visit.session.clone();
    visit.finish().await;
    session
}

/// Lets an hour and a half pass, in which the visitor looks now and then.
async fn visitor_stays(setup: &Setup, browser: &Browser) {
    for _ in 0..3 {
        setup.clock.advance(Duration::minutes(30));
        assert_eq!(browser.read("x").await, Some(1));
    }
}

#[tokio::test]
async fn a_session_that_others_kept_alive_is_saved() {
    let setup = setup();
    let browser = setup.visitor().await;
    let session = stream(&browser).await;
    visitor_stays(&setup, &browser).await;
    session.insert("y", 1).unwrap();
    session.save().await.unwrap();
    assert_eq!(browser.read("y").await, Some(1));
}

#[tokio::test]
async fn a_session_that_others_kept_alive_is_logged_out() {
    let setup = setup();
    let browser = setup.user("ada").await;
    let session = stream(&browser).await;
    visitor_stays(&setup, &browser).await;
    session.save().await.unwrap();
    session.log_out();
    session.save().await.unwrap();
    assert!(!browser.is_known().await);
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_stream_keeps_a_session_alive_that_others_have_changed() {
    let setup = setup();
    let mut browser = setup.visitor().await;
    let session = stream(&browser).await;
    browser.visit(|session| session.insert("x", 2)).await;
    for _ in 0..15 {
        setup.clock.advance(Duration::minutes(30));
        session.save().await.unwrap();
    }
    assert_eq!(browser.read("x").await, Some(2));
}

#[tokio::test]
async fn what_was_expired_by_its_own_time_is_not_saved() {
    let setup = setup();
    let browser = setup.visitor().await;
    let session = stream(&browser).await;
    setup.clock.advance(Duration::minutes(60));
    session.insert("y", 1).unwrap();
    let saved = session.save().await;
    assert!(matches!(saved, Err(SessionError::Ended)));
    assert!(!browser.is_known().await);
}

#[tokio::test]
async fn what_another_request_renewed_and_nobody_used_since_is_not_revived() {
    let setup = setup();
    let mut browser = setup.visitor().await;
    let session = stream(&browser).await;
    browser.visit(SessionData::renew).await;
    setup.clock.advance(Duration::minutes(60));
    session.insert("y", 1).unwrap();
    let saved = session.save().await;
    assert!(matches!(saved, Err(SessionError::Ended)), "{saved:?}");
    assert!(!browser.is_known().await);
}

/// It was another one's meanwhile, and is the later.
#[tokio::test]
async fn an_insert_of_the_value_that_was_there_once_is_stored() {
    let setup = setup();
    let mut browser = setup.visitor().await;
    let session = stream(&browser).await;
    browser.visit(|session| session.insert("x", 2)).await;
    session.insert("x", 1).unwrap();
    session.save().await.unwrap();
    assert_eq!(browser.read("x").await, Some(1));
}

#[tokio::test]
async fn a_clear_takes_what_came_since() {
    let setup = setup();
    let mut browser = setup.visitor().await;
    let clear = |session: &SessionData| {
        session.clear();
        Ok(())
    };
    browser.visit(clear).await;
    let session = stream(&browser).await;
    browser.visit(|session| session.insert("x", 2)).await;
    session.clear();
    session.save().await.unwrap();
    assert_eq!(browser.keys().await, [""; 0]);
}

#[tokio::test]
async fn what_had_no_room_is_saved_with_what_makes_room() {
    let setup = setup();
    let mut browser = setup.visitor().await;
    let session = stream(&browser).await;
    session.insert("a", "a".repeat(60)).unwrap();
    let fill = |session: &SessionData| session.insert("b", "b".repeat(60));
    browser.visit(fill).await;
    let saved = session.save().await;
    assert!(matches!(saved, Err(SessionError::TooLarge { .. })));
    assert_eq!(browser.keys().await, ["b", "x"]);
    session.remove("a");
    session.insert("c", 1).unwrap();
    session.save().await.unwrap();
    assert_eq!(browser.keys().await, ["b", "c", "x"]);
}

/// The answer to the first save was lost, and so many others have written since that nothing tells what became of it.
#[tokio::test]
async fn what_nobody_can_know_is_told_once() {
    let setup = setup();
    let mut browser = setup.visitor().await;
    let session = stream(&browser).await;
    session.insert("y", 1).unwrap();
    setup.storage.fault(Call::Save, Fault::HangAfter);
    let saved = session.save().await;
    assert!(matches!(saved, Err(SessionError::Storage(_))), "{saved:?}");
    setup.storage.heal();
    setup.clock.advance(Duration::seconds(61));
    browser.visit(|session| session.insert("x", 2)).await;
    let saved = session.save().await;
    assert!(matches!(saved, Err(SessionError::Conflict)), "{saved:?}");
    session.insert("z", 1).unwrap();
    session.save().await.unwrap();
    assert_eq!(browser.keys().await, ["x", "y", "z"]);
}

/// What may have been created is deleted, and what was undone is not there.
#[tokio::test]
async fn a_destruction_of_what_was_not_saved_is_taken_back() {
    for fault in [Fault::Fail, Fault::HangAfter] {
        let setup = setup();
        let mut browser = setup.browser();
        let visit = browser.begin().await;
        visit.session.insert("a", 1).unwrap();
        setup.storage.fault(Call::Save, fault);
        setup.storage.fault(Call::Touch, Fault::Fail);
        visit.session.save().await.unwrap_err();
        setup.storage.heal();
        visit.session.destroy();
        visit.session.revert();
        assert!(visit.session.is_new() && visit.session.is_empty());
        visit.session.insert("b", 1).unwrap();
        let reply = visit.finish().await;
        assert_eq!(reply.status, 200);
        browser.keep(&reply);
        assert_eq!(browser.keys().await, ["b"]);
    }
}

#[tokio::test]
async fn a_destruction_of_what_is_not_saved_after_all_is_taken_back() {
    let setup = setup();
    let mut browser = setup.browser();
    let visit = browser.begin().await;
    visit.session.insert("a", 1).unwrap();
    setup.storage.fault(Call::Save, Fault::NotMigrated);
    let gate = setup.storage.gate(Call::Save);
    let session = visit.session.clone();
    let save = tokio::spawn(async move { session.save().await });
    gate.arrival().await;
    visit.session.destroy();
    visit.session.revert();
    gate.open();
    save.await.unwrap().unwrap_err();
    setup.storage.heal();
    visit.session.insert("b", 1).unwrap();
    let reply = visit.finish().await;
    assert_eq!(reply.status, 200);
    browser.keep(&reply);
    assert_eq!(browser.read("b").await, Some(1));
}

#[tokio::test]
async fn what_may_have_been_created_is_deleted_with_what_was_destroyed() {
    let setup = setup();
    let visit = setup.browser().begin().await;
    visit.session.insert("a", 1).unwrap();
    setup.storage.fault(Call::Save, Fault::HangAfter);
    setup.storage.fault(Call::Touch, Fault::Fail);
    visit.session.save().await.unwrap_err();
    setup.storage.heal();
    assert_eq!(setup.storage.inner.len(), 1);
    visit.session.destroy();
    let reply = visit.finish().await;
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (200, 0));
    assert!(setup.storage.inner.is_empty());
}

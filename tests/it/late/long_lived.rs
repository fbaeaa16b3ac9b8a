//! What a stream or a socket does hours after its response: others have used the session since.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// Sent again, it takes back no touch that came since.
#[tokio::test]
async fn what_had_no_answer_for_long_is_saved_with_the_end_that_is_due() {
    let setup = setup();
    let browser = setup.visitor().await;
    let session = stream(&browser).await;
    session.insert("y", 1).unwrap();
    setup.storage.fault(Call::Save, Fault::Fail);
    session.save().await.unwrap_err();
    setup.storage.heal();
    visitor_stays(&setup, &browser).await;
    setup.storage.fault(Call::Touch, Fault::Fail);
    session.save().await.unwrap();
    assert_eq!(browser.read("y").await, Some(1));
}

#[tokio::test]
async fn what_nobody_else_has_changed_is_written_once_and_what_is_as_it_was_not_at_all() {
    let setup = setup();
    let browser = setup.visitor().await;
    let session = stream(&browser).await;
    setup.storage.take_calls();
    session.insert("x", 1).unwrap();
    session.save().await.unwrap();
    assert_eq!(setup.storage.take_calls().save, 0);
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let count = move |x: Option<usize>| x.unwrap_or(0) + counted.fetch_add(1, Ordering::SeqCst) + 1;
    session.update("x", count).unwrap();
    session.save().await.unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert_eq!(browser.read("x").await, Some(2));
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

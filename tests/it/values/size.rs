use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use axum_bare_session::{
    MemorySessionStorage, SessionData, SessionError, Sessions, add_session_middleware,
};
use tokio::sync::Barrier;

use super::bounded;
use crate::support::{Browser, Setup};

fn is_too_large<T>(result: Result<T, SessionError>, bytes: usize, max: usize) -> bool {
    result.is_err_and(|error| {
        matches!(error, SessionError::TooLarge { size, limit } if (size, limit) == (bytes, max))
    })
}

#[tokio::test]
async fn keys_and_json_texts_count_in_bytes() {
    bounded(10, async |session| {
        // One byte of key, and two quotes around the text.
        session.insert("k", "1234567")?;
        assert!(is_too_large(session.insert("k", "12345678"), 11, 10));
        assert!(is_too_large(session.insert("k", "123é567"), 11, 10));
        assert!(is_too_large(session.insert("k", "\n234567"), 11, 10));
        assert!(is_too_large(session.insert("", 1), 11, 10));
        assert_eq!(session.len(), 1);
        session.remove("k");
        session.insert("", "12345678")
    })
    .await;
}

#[tokio::test]
async fn by_default_a_session_takes_64_kib() {
    let session: SessionData = SessionData::detached();
    let limit = 64 * 1024;
    session.insert("k", "x".repeat(limit - 3)).unwrap();
    let refused = session.insert("k", "x".repeat(limit - 2));
    assert!(is_too_large(refused, limit + 1, limit));
    assert!(is_too_large(session.insert("", 1), limit + 1, limit));
}

#[tokio::test]
async fn a_refused_insert_leaves_the_former_value_and_the_session_is_saved_without_it() {
    async fn fill(session: SessionData) -> Result<(), SessionError> {
        session.insert("k", 1)?;
        let refused = session.insert("k", "x".repeat(100));
        assert!(is_too_large(refused, 103, 10));
        Ok(())
    }
    async fn read(session: SessionData) -> Result<String, SessionError> {
        Ok(session.get::<u64>("k")?.unwrap_or(0).to_string())
    }
    let routes = Router::new()
        .route("/fill", get(fill))
        .route("/read", get(read));
    let sessions = Sessions::builder(MemorySessionStorage::new()).max_size(10);
    let app = add_session_middleware(routes, sessions.build().unwrap());
    let mut browser = Browser::new(app);
    assert_eq!(browser.get("/fill").await.status, StatusCode::OK);
    assert_eq!(browser.get("/read").await.body, "1");
}

#[tokio::test]
async fn an_update_beyond_the_limit_is_refused_and_changes_nothing() {
    bounded(10, async |session| {
        session.insert("k", "123")?;
        let grow = |text: Option<String>| text.unwrap_or_default().repeat(3);
        assert!(is_too_large(session.update("k", grow), 12, 10));
        assert_eq!(session.get::<String>("k")?.unwrap(), "123");
        session.update("k", |text: Option<String>| text.unwrap().repeat(2))?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_session_above_a_lowered_limit_may_shrink_and_not_grow() {
    async fn change(session: SessionData) -> Result<(), SessionError> {
        assert_eq!(session.get::<String>("k")?.unwrap().len(), 50);
        assert!(session.insert("k", "x".repeat(51)).is_err());
        assert!(session.insert("l", 1).is_err());
        session.insert("k", "y".repeat(50))?;
        session.insert("k", "x".repeat(40))?;
        session.modify("k", |text: &mut String| text.truncate(30))
    }
    let storage = MemorySessionStorage::new();
    let app = |max_size| {
        let sessions = Sessions::builder(storage.clone()).max_size(max_size);
        let fill = async |session: SessionData| session.insert("k", "x".repeat(50));
        let read = async |session: SessionData| {
            let text = session.get::<String>("k")?;
            Ok::<_, SessionError>(text.unwrap_or_default().len().to_string())
        };
        let routes = Router::new()
            .route("/fill", get(fill))
            .route("/change", get(change))
            .route("/read", get(read));
        Browser::new(add_session_middleware(routes, sessions.build().unwrap()))
    };
    let mut before = app(100);
    before.get("/fill").await;
    let mut after = app(10);
    after.cookies = before.cookies;
    assert_eq!(after.get("/change").await.status, StatusCode::OK);
    assert_eq!(after.get("/read").await.body, "30");
}

#[tokio::test]
async fn with_a_limit_of_one_byte_next_to_nothing_can_be_stored_and_log_in_still_works() {
    bounded(1, async |session| {
        assert!(is_too_large(session.insert("a", 1), 2, 1));
        session.log_in("ada")
    })
    .await;
}

/// Two requests of one session, of which the second one writes 10 bytes while the first one is at work.
async fn replayed(first: impl Fn(&SessionData) + Clone + Send + Sync + 'static) -> Vec<StatusCode> {
    let barrier = Arc::new(Barrier::new(2));
    let wait = Arc::clone(&barrier);
    let slow = async move |session: SessionData| {
        first(&session);
        wait.wait().await;
        wait.wait().await;
    };
    let quick = async |session: SessionData| session.insert("b", "1234567");
    let start = async |session: SessionData| session.insert("a", 1);
    let routes = Router::new()
        .route("/slow", get(slow))
        .route("/quick", get(quick))
        .route("/start", get(start));
    let sessions = Sessions::builder(MemorySessionStorage::new()).max_size(16);
    let app = add_session_middleware(routes, sessions.build().unwrap());
    let mut browser = Browser::new(app);
    browser.get("/start").await;
    let mut other = browser.clone();
    let (slow, quick) = tokio::join!(browser.get("/slow"), async {
        barrier.wait().await;
        let reply = other.get("/quick").await;
        barrier.wait().await;
        reply
    });
    assert!(slow.body.is_empty());
    vec![slow.status, quick.status]
}

#[tokio::test]
async fn an_insert_that_a_replay_brings_beyond_the_limit_is_an_error_of_its_response() {
    // 12 bytes alone, and 22 with what the other request wrote.
    let statuses = replayed(|session| session.insert("c", "1234567").unwrap()).await;
    let expected = [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::OK];
    assert_eq!(statuses, expected);
    let statuses = replayed(|session| session.insert("c", "1").unwrap()).await;
    assert_eq!(statuses, [StatusCode::OK, StatusCode::OK]);
}

#[tokio::test]
async fn an_update_that_a_replay_brings_beyond_the_limit_is_an_error_of_its_response() {
    let lengthen = |text: &mut String| text.push_str("1234567");
    let statuses = replayed(move |session| session.modify("b", lengthen).unwrap()).await;
    let expected = [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::OK];
    assert_eq!(statuses, expected);
}

#[tokio::test]
async fn a_session_from_before_the_limit_was_lowered_may_change_and_not_grow() {
    let setup = Setup::new();
    let mut before = setup.browser();
    before.visit(|s| s.insert("k", "x".repeat(18))).await;
    let lowered = Sessions::builder(setup.storage.clone()).clock(setup.clock.reader());
    let mut browser = setup.browser_of(lowered.max_size(10).build().unwrap());
    browser.cookies = before.cookies;
    // Also where it is made again, over what another request has saved first.
    let visit = browser.begin().await;
    visit.session.insert("k", "w".repeat(18)).unwrap();
    let reply = browser.visit(|s| s.insert("k", "y".repeat(18))).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(visit.finish().await.status, StatusCode::OK);
    let work = |session: &SessionData| {
        assert!(is_too_large(session.insert("k", "y".repeat(19)), 22, 10));
        assert!(is_too_large(session.insert("l", 1), 23, 10));
        session.insert("k", "z".repeat(17))
    };
    assert_eq!(browser.visit(work).await.status, StatusCode::OK);
    assert_eq!(browser.read("k").await, Some("z".repeat(17)));
}

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum_bare_session::{SessionData, SessionError};
use tokio::task::yield_now;

use crate::support::{Call, Setup, Work};

#[tokio::test]
async fn a_response_starts_only_when_the_session_is_saved() {
    let works: [Work; 2] = [|s| s.insert("flash", "saved"), |s| s.log_in("user:42")];
    for work in works {
        let setup = Setup::new();
        let mut browser = setup.visitor().await;
        let visit = browser.begin().await;
        work(&visit.session).unwrap();
        let gate = setup.storage.gate(Call::Save);
        let redirect = (StatusCode::SEE_OTHER, [(LOCATION, "/next")]);
        let response = visit.begin_commit(redirect);
        gate.arrival().await;
        for _ in 0..50 {
            yield_now().await;
        }
        assert!(!response.is_finished());
        gate.open();
        let reply = response.await.unwrap();
        assert_eq!(reply.status, 303);
        assert_eq!(reply.headers["location"], "/next");
        browser.keep(&reply);
        assert!(browser.is_known().await);
    }
}

#[tokio::test]
async fn the_request_after_a_redirect_sees_what_was_saved_before_it() {
    let setup = Setup::new();
    let mut browser = setup.browser();
    let visit = browser.begin().await;
    visit.session.insert("flash", "saved").unwrap();
    let redirect = (StatusCode::SEE_OTHER, [(LOCATION, "/next")]);
    browser.keep(&visit.respond(redirect).await);
    assert_eq!(browser.read::<String>("flash").await.unwrap(), "saved");
}

#[tokio::test]
async fn a_value_beyond_the_size_limit_is_a_typed_error_and_changes_nothing() {
    let setup = Setup::configured(|builder| builder.max_size(100));
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let error = visit.session.insert("y", "y".repeat(100)).unwrap_err();
    let SessionError::TooLarge { size, limit } = error else {
        panic!("{error:?}");
    };
    // The keys `x` and `y`, the text `1`, and a hundred characters in quotation marks.
    assert_eq!((size, limit), (2 + 1 + 102, 100));
    assert_eq!(visit.finish().await.status, 200);
    assert_eq!(browser.keys().await, ["x"]);
}

#[tokio::test]
async fn exactly_the_size_limit_is_allowed_and_a_byte_more_is_not() {
    let setup = Setup::configured(|builder| builder.max_size(100));
    let mut browser = setup.visitor().await;
    let fits = |session: &SessionData| {
        session.insert("y", "y".repeat(95))?;
        assert!(session.insert("y", "y".repeat(96)).is_err());
        let longer = session.update("x", |_: Option<u64>| 10);
        assert!(matches!(
            longer,
            Err(SessionError::TooLarge { size: 101, .. })
        ));
        Ok(())
    };
    browser.visit(fits).await;
    assert_eq!(browser.read::<String>("y").await.unwrap().len(), 95);
    assert_eq!(browser.read("x").await, Some(1));
}

#[tokio::test]
async fn sixty_four_kibibytes_are_the_default_limit() {
    let setup = Setup::new();
    let mut browser = setup.browser();
    let work = |session: &SessionData| {
        let limit = 64 * 1024;
        let text = "y".repeat(limit - "y\"\"".len());
        session.insert("y", &text)?;
        let beyond = session.insert("z", 1).unwrap_err();
        assert!(matches!(
            beyond,
            SessionError::TooLarge { limit: 65_536, .. }
        ));
        Ok(())
    };
    browser.visit(work).await;
    assert_eq!(browser.keys().await, ["y"]);
}

#[tokio::test]
async fn a_full_storage_refuses_a_new_session_with_a_503_and_keeps_the_old_ones() {
    use axum::Router;
    use axum::routing::get;
    use axum_bare_session::{MemorySessionStorage, add_session_middleware};

    async fn log_in(session: SessionData) -> Result<&'static str, SessionError> {
        session.log_in("user:42").map(|()| "in")
    }
    async fn owner(session: SessionData) -> String {
        session.owner().unwrap_or_default()
    }
    let routes = Router::new()
        .route("/in", get(log_in))
        .route("/owner", get(owner));
    let storage = MemorySessionStorage::with_max_sessions(1);
    let app = add_session_middleware(routes, storage.clone());
    let mut first = crate::support::Browser::new(app);
    let mut second = first.clone();
    assert_eq!(first.get("/in").await.body, "in");
    let refused = second.get("/in").await;
    assert_eq!((refused.status.as_u16(), &*refused.body), (503, ""));
    assert_eq!(refused.set_cookies(), [""; 0]);
    assert_eq!(storage.len(), 1);
    assert_eq!(first.get("/owner").await.body, "user:42");
}

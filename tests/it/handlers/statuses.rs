use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use axum_bare_session::{SessionData, SessionError};

use crate::support::Setup;

#[tokio::test]
async fn whatever_status_a_handler_returns_its_changes_are_saved() {
    for status in [200, 204, 303, 400, 401, 404, 418, 500, 503] {
        let setup = Setup::new();
        let mut browser = setup.browser();
        let visit = browser.begin().await;
        visit.session.insert("failures", 1).unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        let reply = visit.respond(status).await;
        assert_eq!(reply.status, status);
        browser.keep(&reply);
        assert_eq!(browser.read("failures").await, Some(1), "{status}");
    }
}

#[tokio::test]
async fn a_log_out_is_saved_although_the_handler_returns_an_error() {
    let setup = Setup::new();
    let browser = setup.user("user:42").await;
    let visit = browser.begin().await;
    visit.session.destroy();
    let reply = visit.respond(StatusCode::INTERNAL_SERVER_ERROR).await;
    assert_eq!(reply.status, 500);
    assert_eq!(reply.set_cookies().len(), 1);
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn revert_undoes_what_the_request_did_and_nothing_of_others() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let session = &visit.session;
    session.insert("x", 2).unwrap();
    session.remember(axum_bare_session::Duration::DAY).unwrap();
    session.log_in("user:42").unwrap();
    session.revert();
    assert_eq!(session.get("x").unwrap(), Some(1));
    assert_eq!(session.owner(), None);
    session.insert("y", 1).unwrap();
    let other = browser.begin().await;
    other.session.insert("x", 5).unwrap();
    other.finish().await;
    let reply = visit.respond(StatusCode::BAD_REQUEST).await;
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert_eq!(browser.read("x").await, Some(5));
    assert_eq!(browser.read("y").await, Some(1));
}

#[tokio::test]
async fn a_session_error_by_the_question_mark_is_a_500_with_an_empty_body() {
    async fn wrong_type(session: SessionData) -> Result<String, SessionError> {
        session.insert("y", 1)?;
        let name: Option<String> = session.get("x")?;
        Ok(name.unwrap_or_default())
    }
    async fn no_owner(session: SessionData) -> Result<(), SessionError> {
        session.log_in("")
    }
    async fn too_large(session: SessionData) -> Result<(), SessionError> {
        session.insert("y", "y".repeat(100_000))
    }
    let routes = Router::new()
        .route("/type", get(wrong_type))
        .route("/owner", get(no_owner))
        .route("/size", get(too_large));
    let setup = Setup::serving(routes);
    let mut browser = setup.visitor().await;
    for path in ["/type", "/owner", "/size"] {
        let reply = browser.get(path).await;
        assert_eq!((reply.status.as_u16(), &*reply.body), (500, ""), "{path}");
        assert!(!reply.headers.contains_key("retry-after"), "{path}");
    }
    // What the handler wrote before its error is saved: `revert` would undo it.
    assert_eq!(browser.read("y").await, Some(1));
}

#[tokio::test]
async fn a_value_of_another_type_is_an_error_and_stays() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let session = &visit.session;
    assert!(session.get::<String>("x").is_err());
    assert!(session.take::<String>("x").is_err());
    let update = session.update("x", |x: Option<String>| x.unwrap_or_default());
    assert!(matches!(update, Err(SessionError::Deserialize { .. })));
    assert_eq!(session.get("x").unwrap(), Some(1));
    visit.finish().await;
    assert_eq!(browser.read("x").await, Some(1));
}

#[tokio::test]
async fn a_request_that_another_extractor_rejects_saves_nothing() {
    async fn handler(session: SessionData, _: axum::Json<u8>) {
        session.insert("y", 1).unwrap();
    }
    let setup = Setup::serving(Router::new().route("/json", get(handler)));
    let mut browser = setup.visitor().await;
    assert_eq!(browser.get("/json").await.status, 415);
    assert_eq!(setup.storage.take_calls().total(), 1);
    assert_eq!(browser.keys().await, ["x"]);
}

#[tokio::test]
async fn a_middleware_inside_and_its_handler_share_the_session() {
    use axum::extract::Request;
    use axum::middleware::{Next, from_fn};
    use axum::response::Response;

    async fn audit(session: SessionData, request: Request, next: Next) -> Response {
        session.insert("before", 1).unwrap();
        let response = next.run(request).await;
        assert_eq!(session.get("handler").unwrap(), Some(1));
        session.insert("after", 1).unwrap();
        response
    }
    async fn handler(session: SessionData) {
        assert_eq!(session.get("before").unwrap(), Some(1));
        session.insert("handler", 1).unwrap();
    }
    let routes = Router::new().route("/audited", get(handler));
    let setup = Setup::serving(routes.layer(from_fn(audit)));
    let mut browser = setup.browser();
    browser.get("/audited").await;
    assert_eq!(setup.storage.take_calls().save, 1);
    assert_eq!(browser.keys().await, ["after", "before", "handler"]);
}

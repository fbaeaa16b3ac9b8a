//! Extractors and layers of an application's own around the session.

use axum::extract::{FromRef, FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{RequestPartsExt, Router};
use axum_bare_session::{
    MemorySessionStorage, SessionData, SessionError, SessionId, SessionRejection, Sessions,
    add_session_middleware,
};

use crate::support::Browser;

/// Who is logged in; others are sent to the log-in page.
struct User(String);

impl<S: Send + Sync> FromRequestParts<S> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let session = SessionData::from_request_parts(parts, state).await;
        let owner = session.map_err(IntoResponse::into_response)?.owner();
        owner
            .map(Self)
            .ok_or_else(|| Redirect::to("/log_in").into_response())
    }
}

struct Admin;

/// Who is logged in to the administration.
struct Administrator(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Administrator {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, SessionRejection> {
        let session = parts.extract::<SessionData<Admin>>().await?;
        Ok(Self(session.owner()))
    }
}

async fn log_in(session: SessionData, Path(owner): Path<String>) -> Result<(), SessionError> {
    session.log_in(owner)
}

#[tokio::test]
async fn an_extractor_of_the_applications_own_needs_no_scope_for_the_default_session() {
    let page = async |user: User| user.0;
    let routes = Router::new()
        .route("/", get(page))
        .route("/log_in/{owner}", get(log_in));
    let mut browser = Browser::new(add_session_middleware(routes, MemorySessionStorage::new()));
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
    browser.get("/log_in/ada").await;
    assert_eq!(browser.get("/").await.body, "ada");
}

#[tokio::test]
async fn an_extractor_of_the_applications_own_can_name_a_scope() {
    let admins = Sessions::builder(MemorySessionStorage::new()).scope::<Admin>();
    let admins = admins.cookie_name("__Host-admin").build().unwrap();
    let page = async |user: Administrator| user.0.unwrap_or_default();
    let enter = async |admin: SessionData<Admin>| admin.log_in("eve");
    let routes = Router::new()
        .route("/", get(page))
        .route("/enter", get(enter))
        .route("/log_in/{owner}", get(log_in));
    let app = add_session_middleware(routes, MemorySessionStorage::new());
    let mut browser = Browser::new(add_session_middleware(app, admins));
    browser.get("/log_in/ada").await;
    assert_eq!(browser.get("/").await.body, "");
    browser.get("/enter").await;
    assert_eq!(browser.get("/").await.body, "eve");
}

#[derive(Clone)]
struct App {
    sessions: Sessions,
}

impl FromRef<App> for Sessions {
    fn from_ref(app: &App) -> Self {
        app.sessions.clone()
    }
}

#[tokio::test]
async fn the_service_can_be_a_part_of_the_applications_state() {
    async fn devices(
        State(sessions): State<Sessions>,
        session: SessionData,
    ) -> Result<String, SessionError> {
        let owner = session.owner().unwrap_or_default();
        let ids = sessions.list(&owner).await?.into_iter();
        Ok(ids.map(|info| info.id().to_string()).collect())
    }
    async fn revoke(State(app): State<App>, Path(id): Path<SessionId>) -> Result<(), SessionError> {
        app.sessions.revoke(id).await
    }
    let sessions = Sessions::from(MemorySessionStorage::new());
    let routes = Router::new()
        .route("/devices", get(devices))
        .route("/revoke/{id}", get(revoke))
        .route("/log_in/{owner}", get(log_in));
    let app = add_session_middleware(routes, sessions.clone()).with_state(App { sessions });
    let mut browser = Browser::new(app);
    browser.get("/log_in/ada").await;
    let id = browser.get("/devices").await.body;
    assert_eq!(id.len(), 36);
    browser.get(&format!("/revoke/{id}")).await;
    assert_eq!(browser.get("/devices").await.body, "");
}

//! The application, for any `Sessions`.

#[cfg(test)]
mod browser;
mod hashing;
mod log_in;
mod messages;
mod page;
mod password;
mod permission;
#[cfg(test)]
mod tests;
mod text;
mod user;
mod users;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_extractor_with_state, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use axum_bare_session::{SessionError, Sessions, add_session_middleware, require_log_in};
use tower_http::csrf::CsrfLayer;

use page::Page;
use user::User;
use users::Users;

pub(crate) async fn app(sessions: Sessions) -> Result<Router, StatusCode> {
    let users = Users::ada_and_bob().await?;
    let reading_reports = from_fn_with_state(users.clone(), permission::read_reports);
    let app = Router::new()
        .route("/reports", get(reports))
        // This holds for all routes above it.
        .route_layer(reading_reports)
        .route("/", get(home))
        .route("/password", get(password::page).post(password::change))
        .route("/logout", post(log_in::log_out))
        // Each page is for a user whose session has the account's stamp; others log in first.
        .route_layer(from_extractor_with_state::<User, _>(users.clone()))
        .route_layer(require_log_in("/login"))
        // For all below it one need not be logged in.
        .route("/login", get(log_in::page).post(log_in::log_in))
        .with_state(users);
    // The outer layer comes first: what another site sends never gets to a session.
    Ok(add_session_middleware(app, sessions).layer(CsrfLayer::new()))
}

async fn home(page: Page) -> Result<Response, SessionError> {
    page.show("Home", include_str!("html/home.html"))
}

async fn reports(page: Page) -> Result<Response, SessionError> {
    page.show("Reports", "<p>Everything grows.</p>")
}

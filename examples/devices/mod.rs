//! The application, for any `Sessions`: a shop with accounts, a cart, and a list of the devices that are logged in.

mod accounts;
#[cfg(test)]
#[path = "../accounts/browser.rs"]
mod browser;
mod cart;
mod device;
#[path = "../accounts/hashing.rs"]
mod hashing;
mod left;
mod list;
mod log_in;
mod page;
mod password;
#[cfg(test)]
mod tests;
#[path = "../accounts/text.rs"]
mod text;
mod user;

use axum::Router;
use axum::routing::{get, post};
use axum_bare_session::{Sessions, add_session_middleware};
use tower_http::csrf::CsrfLayer;

use accounts::Accounts;

/// All that changes something is a `POST`.
pub(crate) fn app(sessions: Sessions) -> Router {
    let app = Router::new()
        .route("/", get(cart::show))
        .route("/cart", post(cart::add))
        .route("/cart/empty", post(cart::empty))
        .route("/signup", get(log_in::sign_up_page).post(log_in::sign_up))
        .route("/login", get(log_in::page).post(log_in::log_in))
        .route("/logout", post(log_in::log_out))
        .route("/devices", get(list::show))
        .route("/devices/rename", post(list::rename))
        .route("/devices/end", post(list::end))
        .route("/devices/end-others", post(list::end_others))
        .route("/devices/end-all", post(list::end_all))
        .route("/confirm", get(password::confirm_page))
        .route("/confirm", post(password::confirm))
        .route("/password", get(password::page).post(password::change))
        .route("/left", get(left::seconds))
        .route("/stay", post(left::stay))
        .route("/left.js", get(left::script))
        .route("/style.css", get(page::style))
        .with_state(Accounts::default());
    // The outer layer comes first: what another site sends never gets to a session.
    add_session_middleware(app, sessions).layer(CsrfLayer::new())
}

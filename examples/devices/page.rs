//! What all pages share.

use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};
use axum_bare_session::{Key, SessionData, SessionError, Sessions};

use super::accounts::Accounts;
use super::text::Text;
use super::user::User;

const FLASH: Key<String> = Key::new("flash");

/// Leaves a message for the next page, whichever that is.
pub(crate) fn flash(session: &SessionData, message: impl Into<String>) -> Result<(), SessionError> {
    session.insert(FLASH, message.into())
}

/// The frame around a page: the way to the others, the message that the last request left, who is logged in, and the
/// rules for sessions.
pub(crate) struct Frame {
    session: SessionData,
    sessions: Sessions,
    user: Option<String>,
}

impl Frame {
    pub(crate) fn page(&self, title: &str, main: &str) -> Result<Response, SessionError> {
        // Text alone can break out of no element: every page escapes what users typed.
        let links = match &self.user {
            Some(name) => format!(include_str!("html/links_user.html"), name = Text(name)),
            None => include_str!("html/links_visitor.html").to_owned(),
        };
        let html = format!(
            include_str!("html/page.html"),
            title = title,
            links = links,
            left = self
                .user
                .as_ref()
                .map_or("", |_| include_str!("html/left.html")),
            flash = Text(&self.session.take(FLASH)?.unwrap_or_default()),
            main = main,
            policy = Text(&self.sessions.policy().to_string()),
        );
        let headers = [
            // Without this the back button would show the page again after the log-out.
            (CACHE_CONTROL, "no-store"),
            // Were a text not escaped once, browsers would still run no script of it.
            (
                CONTENT_SECURITY_POLICY,
                "default-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            ),
        ];
        Ok((headers, Html(html)).into_response())
    }
}

impl FromRequestParts<Accounts> for Frame {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, accounts: &Accounts) -> Result<Self, Response> {
        let session = SessionData::from_request_parts(parts, accounts).await;
        let session = session.map_err(IntoResponse::into_response)?;
        let sessions = Sessions::from_request_parts(parts, accounts).await;
        let user = User::of(&session, accounts).await;
        let user = user.map_err(IntoResponse::into_response)?;
        Ok(Self {
            session,
            sessions: sessions.map_err(IntoResponse::into_response)?,
            user: user.map(|user| user.account.name),
        })
    }
}

pub(crate) async fn style() -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/css"), (CACHE_CONTROL, "no-cache")];
    (headers, include_str!("style.css"))
}

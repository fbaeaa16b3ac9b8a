use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum_bare_session::{FreshSession, FreshSessionRejection, SessionData};

use super::accounts::Accounts;

/// Who is logged in. A handler that names it is never called for a visitor: they are sent to the log-in page.
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) session: SessionData,
}

/// A user who gave the password in the last five minutes. One who did not is asked for it again.
pub(crate) struct FreshUser(pub(crate) User);

impl User {
    /// `None` also where the account is gone: its sessions may outlive it.
    pub(crate) fn of(session: &SessionData, accounts: &Accounts) -> Option<Self> {
        let id = session.owner()?;
        let name = accounts.name(&id)?;
        let session = session.clone();
        Some(Self { id, name, session })
    }
}

fn to_log_in() -> Response {
    Redirect::to("/login").into_response()
}

impl FromRequestParts<Accounts> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, accounts: &Accounts) -> Result<Self, Response> {
        let session = SessionData::from_request_parts(parts, accounts).await;
        let session = session.map_err(IntoResponse::into_response)?;
        Self::of(&session, accounts).ok_or_else(to_log_in)
    }
}

impl FromRequestParts<Accounts> for FreshUser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, accounts: &Accounts) -> Result<Self, Response> {
        let fresh = FreshSession::<300>::from_request_parts(parts, accounts).await;
        let session = fresh.map_err(|rejection| match rejection {
            FreshSessionRejection::NotLoggedIn => to_log_in(),
            FreshSessionRejection::NotFresh { .. } => Redirect::to("/confirm").into_response(),
            other => other.into_response(),
        })?;
        User::of(&session, accounts).map(Self).ok_or_else(to_log_in)
    }
}

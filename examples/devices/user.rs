use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum_bare_session::{FreshSession, FreshSessionRejection, SessionData, SessionError};

use super::accounts::{Account, Accounts};

/// Who is logged in. A handler that names it is never called for a visitor, nor for a session that began under another
/// password: they are sent to the log-in page.
pub(crate) struct User {
    pub(crate) account: Account,
    pub(crate) session: SessionData,
}

/// A user who gave the password in the last five minutes. One who did not is asked for it again.
pub(crate) struct FreshUser(pub(crate) User);

impl User {
    /// `None` also where the account is gone, or has got another password: sessions may outlive either.
    pub(crate) async fn of(
        session: &SessionData,
        accounts: &Accounts,
    ) -> Result<Option<Self>, SessionError> {
        let owner = session.owner();
        let Some(account) = owner.and_then(|id| accounts.find(&id)) else {
            return Ok(None);
        };
        match session.check_stamp(&account.password_hash).await {
            Ok(()) => Ok(Some(Self {
                account,
                session: session.clone(),
            })),
            Err(SessionError::NotLoggedIn) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn or_log_in(session: &SessionData, accounts: &Accounts) -> Result<Self, Response> {
        let user = Self::of(session, accounts).await;
        user.map_err(IntoResponse::into_response)?
            .ok_or_else(to_log_in)
    }
}

fn to_log_in() -> Response {
    Redirect::to("/login").into_response()
}

impl FromRequestParts<Accounts> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, accounts: &Accounts) -> Result<Self, Response> {
        let session = SessionData::from_request_parts(parts, accounts).await;
        Self::or_log_in(&session.map_err(IntoResponse::into_response)?, accounts).await
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
        User::or_log_in(&session, accounts).await.map(Self)
    }
}

use std::ops::Deref;
use std::sync::Arc;

use axum::RequestPartsExt;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum_bare_session::{LoggedIn, LoggedInRejection};

use super::users::{Account, Users};

/// Who is logged in, loaded once a request. A handler that names it is never called for a visitor, nor for a session
/// that began under another password.
#[derive(Clone)]
pub(crate) struct User {
    account: Arc<Account>,
    pub(crate) session: LoggedIn,
}

impl Deref for User {
    type Target = Account;

    fn deref(&self) -> &Account {
        &self.account
    }
}

impl FromRequestParts<Users> for User {
    type Rejection = LoggedInRejection;

    async fn from_request_parts(parts: &mut Parts, users: &Users) -> Result<Self, Self::Rejection> {
        if let Some(user) = parts.extensions.get::<Self>() {
            return Ok(user.clone());
        }
        let session = parts.extract::<LoggedIn>().await?;
        let Some(account) = users.find(session.owner()).await else {
            // The account is gone, and its sessions outlived it.
            session.log_out();
            return Err(LoggedInRejection::NotLoggedIn);
        };
        session.check_stamp(&account.password_hash).await?;
        let user = Self {
            account: Arc::new(account),
            session,
        };
        parts.extensions.insert(user.clone());
        Ok(user)
    }
}

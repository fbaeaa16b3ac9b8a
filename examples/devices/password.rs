use axum::Form;
use axum::extract::State;
use axum::response::{Redirect, Response, Result};
use axum_bare_session::{SessionError, Sessions};
use serde::Deserialize;

use super::accounts::Accounts;
use super::hashing::{RULE, hash, is_acceptable, is_hash_of};
use super::page::{Frame, flash};
use super::user::{FreshUser, User};

#[derive(Deserialize)]
pub(crate) struct Password {
    password: String,
}

/// Asks who is logged in for the password again.
pub(crate) async fn confirm_page(frame: Frame, _: User) -> Result<Response, SessionError> {
    frame.page("Confirm it is you", include_str!("html/confirm.html"))
}

pub(crate) async fn confirm(
    user: User,
    Form(Password { password }): Form<Password>,
) -> Result<Redirect> {
    let password_hash = user.account.password_hash.clone();
    if is_acceptable(&password) && is_hash_of(password_hash, password).await? {
        user.session.reauthenticated()?;
        return Ok(Redirect::to("/password"));
    }
    flash(&user.session, "Wrong password.")?;
    Ok(Redirect::to("/confirm"))
}

pub(crate) async fn page(frame: Frame, _: FreshUser) -> Result<Response, SessionError> {
    frame.page("Change your password", include_str!("html/password.html"))
}

pub(crate) async fn change(
    FreshUser(user): FreshUser,
    sessions: Sessions,
    State(accounts): State<Accounts>,
    Form(Password { password }): Form<Password>,
) -> Result<Redirect> {
    if !is_acceptable(&password) {
        flash(&user.session, RULE)?;
        return Ok(Redirect::to("/password"));
    }
    let password_hash = hash(password).await?;
    // This session has both stamps when the account gets the new password, and a new secret: whoever holds a copy of
    // its cookie has nothing any more.
    user.session.set_stamp(&password_hash)?;
    user.session.save().await?;
    // Whoever knew the old password may be logged in somewhere (ASVS 5.0, 7.4.3). If this fails, it is still the old
    // one; a log-in with it that comes after this has a stamp that the account then has not.
    if let Some(this) = user.session.id() {
        sessions.revoke_others(&user.account.id, this).await?;
    }
    accounts.set_password_hash(&user.account.id, password_hash);
    let message = "Your password is changed, and all other devices are logged out.";
    flash(&user.session, message)?;
    Ok(Redirect::to("/devices"))
}

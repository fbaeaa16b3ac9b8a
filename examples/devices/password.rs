use axum::Form;
use axum::extract::State;
use axum::response::{Redirect, Response, Result};
use axum_bare_session::{SessionError, Sessions};
use serde::Deserialize;

use super::accounts::Accounts;
use super::hashing::{RULE, is_acceptable};
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
    State(accounts): State<Accounts>,
    Form(Password { password }): Form<Password>,
) -> Result<Redirect> {
    if is_acceptable(&password) && accounts.is_password(&user.id, password).await? {
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
    accounts.set_password(&user.id, password).await?;
    // Whoever knew the old one may be logged in somewhere (ASVS 5.0, 7.4.3), or hold a copy of this cookie.
    if let Some(this) = user.session.id() {
        sessions.revoke_others(&user.id, this).await?;
    }
    user.session.renew()?;
    let message = "Your password is changed, and all other devices are logged out.";
    flash(&user.session, message)?;
    Ok(Redirect::to("/devices"))
}

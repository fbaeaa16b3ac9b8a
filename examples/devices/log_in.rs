use axum::Form;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response, Result};
use axum_bare_session::{Duration, SessionData, SessionError};
use serde::Deserialize;

use super::accounts::{Account, Accounts};
use super::cart::CART;
use super::device;
use super::hashing::{RULE, is_acceptable};
use super::page::{Frame, flash};
use super::user::User;

const MAX_NAME_LENGTH: usize = 40;

#[derive(Deserialize)]
pub(crate) struct Credentials {
    name: String,
    password: String,
    /// A checkbox: the browser sends it only if it is ticked.
    remember: Option<String>,
}

pub(crate) async fn page(
    frame: Frame,
    session: SessionData,
    State(accounts): State<Accounts>,
) -> Result<Response, SessionError> {
    if User::of(&session, &accounts).await?.is_some() {
        return Ok(Redirect::to("/devices").into_response());
    }
    frame.page("Log in", include_str!("html/log_in.html"))
}

pub(crate) async fn sign_up_page(frame: Frame) -> Result<Response, SessionError> {
    frame.page("Sign up", include_str!("html/sign_up.html"))
}

pub(crate) async fn sign_up(
    session: SessionData,
    State(accounts): State<Accounts>,
    headers: HeaderMap,
    Form(credentials): Form<Credentials>,
) -> Result<Redirect> {
    let name = credentials.name.trim();
    let length = name.chars().count();
    if length == 0 || length > MAX_NAME_LENGTH || name.chars().any(char::is_control) {
        flash(&session, "A name has 1 to 40 characters.")?;
        return Ok(Redirect::to("/signup"));
    }
    if !is_acceptable(&credentials.password) {
        flash(&session, RULE)?;
        return Ok(Redirect::to("/signup"));
    }
    let Some(account) = accounts.open(name, credentials.password).await? else {
        flash(&session, "That name is taken.")?;
        return Ok(Redirect::to("/signup"));
    };
    begin(&session, &account, &headers, credentials.remember.is_some())?;
    flash(&session, format!("Welcome, {name}."))?;
    Ok(Redirect::to("/devices"))
}

/// An application would also count failures, and slow down whoever guesses (ASVS 5.0, 6.3.1).
pub(crate) async fn log_in(
    session: SessionData,
    State(accounts): State<Accounts>,
    headers: HeaderMap,
    Form(credentials): Form<Credentials>,
) -> Result<Redirect> {
    // What no account can have costs no hash.
    let account = if is_acceptable(&credentials.password) {
        let name = credentials.name.trim();
        accounts.log_in(name, credentials.password).await?
    } else {
        None
    };
    let Some(account) = account else {
        // The same words for both, so that they tell nobody which names exist.
        flash(&session, "Wrong name or password.")?;
        return Ok(Redirect::to("/login"));
    };
    begin(&session, &account, &headers, credentials.remember.is_some())?;
    flash(&session, "You are logged in.")?;
    Ok(Redirect::to("/devices"))
}

/// Ends what the account sees and knows here; the cart stays with the browser.
pub(crate) async fn log_out(session: SessionData) -> Result<Redirect, SessionError> {
    session.log_out_keeping([CART])?;
    flash(&session, "You are logged out.")?;
    Ok(Redirect::to("/"))
}

fn begin(
    session: &SessionData,
    account: &Account,
    headers: &HeaderMap,
    is_remembered: bool,
) -> Result<(), SessionError> {
    session.log_in(&account.id)?;
    // The hash that the password was compared with. If the account has another one by now, it opens nothing.
    session.set_stamp(&account.password_hash)?;
    session.set_label(device::name(headers))?;
    if is_remembered {
        session.remember(Duration::days(30))?;
    }
    Ok(())
}

use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response, Result};
use axum_bare_session::{Duration, NextPath, SessionData, SessionError};
use serde::Deserialize;

use super::hashing::is_acceptable;
use super::messages::Messages;
use super::page::Page;
use super::text::Text;
use super::users::Users;

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    next: NextPath,
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    name: String,
    password: String,
    /// A checkbox: the browser sends it only if it is ticked.
    remember: Option<String>,
    #[serde(default)]
    next: NextPath,
}

pub(crate) async fn page(
    page: Page,
    Query(Asked { next }): Query<Asked>,
) -> Result<Response, SessionError> {
    // From another tab, or by a link from another site, which brought no session at first.
    if page.user.is_some() {
        return Ok(Redirect::to(next.or("/")).into_response());
    }
    let next = Text(next.or(""));
    page.show(
        "Log in",
        &format!(include_str!("html/log_in.html"), next = next),
    )
}

/// An application would also count failures, and slow down whoever guesses (ASVS 5.0, 6.3.1).
pub(crate) async fn log_in(
    session: SessionData,
    messages: Messages,
    State(users): State<Users>,
    Form(credentials): Form<Credentials>,
) -> Result<Redirect> {
    let Credentials {
        name,
        password,
        remember,
        next,
    } = credentials;
    let account = match is_acceptable(&password) {
        true => users.log_in(&name, password).await?,
        // What no account can have costs no hash.
        false => None,
    };
    let Some(account) = account else {
        // The same words for both, so that they tell nobody which names exist.
        messages.error("Wrong name or password.")?;
        return Ok(Redirect::to(&next.log_in_url("/login")));
    };
    session.log_in(&account.id)?;
    session.set_stamp(&account.password_hash)?;
    if remember.is_some() {
        session.remember(Duration::days(30))?;
    }
    messages.success(format!("Welcome, {}.", account.name))?;
    Ok(Redirect::to(next.or("/")))
}

pub(crate) async fn log_out(
    session: SessionData,
    messages: Messages,
) -> Result<Redirect, SessionError> {
    session.log_out();
    // This goes into a new session, which has nothing to do with the old one.
    messages.info("You are logged out.")?;
    Ok(Redirect::to("/login"))
}

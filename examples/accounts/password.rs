use axum::Form;
use axum::extract::State;
use axum::response::{Redirect, Response, Result};
use axum_bare_session::SessionError;
use serde::Deserialize;

use super::hashing::{RULE, hash, is_acceptable, is_hash_of};
use super::messages::Messages;
use super::page::Page;
use super::user::User;
use super::users::Users;

#[derive(Deserialize)]
pub(crate) struct Passwords {
    password: String,
    new_password: String,
}

pub(crate) async fn page(page: Page) -> Result<Response, SessionError> {
    page.show("Password", include_str!("html/password.html"))
}

pub(crate) async fn change(
    user: User,
    messages: Messages,
    State(users): State<Users>,
    Form(Passwords {
        password,
        new_password,
    }): Form<Passwords>,
) -> Result<Redirect> {
    if !is_acceptable(&new_password) {
        messages.error(RULE)?;
        return Ok(Redirect::to("/password"));
    }
    if !is_acceptable(&password) || !is_hash_of(user.password_hash.clone(), password).await? {
        messages.error("Wrong password.")?;
        return Ok(Redirect::to("/password"));
    }
    let new_hash = hash(new_password).await?;
    // Whoever knew the old one may be logged in somewhere, or hold a copy of this cookie: their next request logs them
    // out. This session has both stamps when the account gets the new password, so that none of its own does.
    user.session.set_stamp(&new_hash)?;
    user.session.save().await?;
    users.set_password_hash(&user.id, new_hash).await;
    messages.success("Your password is changed, and you are logged out everywhere else.")?;
    Ok(Redirect::to("/"))
}

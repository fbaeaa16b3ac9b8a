//! Logs a visitor in and out, with messages that survive a redirect: `cargo run --example login`.

use axum::http::header::CACHE_CONTROL;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use axum_bare_session::{
    Duration, MemorySessionStorage, OffsetDateTime, SessionData, SessionError, Sessions,
    add_session_middleware,
};
use serde::Deserialize;
use tower_http::csrf::CsrfLayer;

const FLASH: &str = "flash";

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
    /// A checkbox: the browser sends it only if it is ticked.
    remember: Option<String>,
}

impl Credentials {
    /// An application would compare a password hash; here every name has the same password.
    fn are_valid(&self) -> bool {
        (1..=50).contains(&self.name.chars().count()) && self.password == "sesame"
    }
}

async fn login_page(session: SessionData) -> Result<Response, SessionError> {
    if session.owner().is_some() {
        return Ok(Redirect::to("/me").into_response());
    }
    page(
        &session,
        r#"<h1>Log in</h1>
        <form method="post" action="/login">
          <label>Name <input name="name" maxlength="50" required autofocus></label>
          <label>Password (it is <i>sesame</i>) <input name="password" type="password" required></label>
          <label><input name="remember" type="checkbox"> Remember me for 30 days</label>
          <button>Log in</button>
        </form>"#,
    )
}

async fn log_in(
    session: SessionData,
    Form(credentials): Form<Credentials>,
) -> Result<Redirect, SessionError> {
    if !credentials.are_valid() {
        session.insert(FLASH, "Wrong name or password.")?;
        return Ok(Redirect::to("/"));
    }
    session.log_in(&credentials.name)?;
    if credentials.remember.is_some() {
        session.remember(Duration::days(30))?;
    }
    session.insert(FLASH, "You are logged in.")?;
    Ok(Redirect::to("/me"))
}

async fn my_page(session: SessionData, sessions: Sessions) -> Result<Response, SessionError> {
    let (Some(name), Some(since)) = (session.owner(), session.authenticated_at()) else {
        return Ok(Redirect::to("/").into_response());
    };
    let browsers = sessions.list(&name).await?.len();
    let (name, since) = (escape(&name), clock(since));
    page(
        &session,
        &format!(
            r#"<h1>Hello, {name}</h1>
            <p>Logged in since {since}, in {browsers} browser(s).</p>
            <form method="post" action="/logout"><button>Log out</button></form>"#
        ),
    )
}

async fn log_out(session: SessionData) -> Result<Redirect, SessionError> {
    session.log_out();
    // This goes into a new session, which has nothing to do with the old one.
    session.insert(FLASH, "You are logged out.")?;
    Ok(Redirect::to("/"))
}

/// A page with the message that the last request left, if there is one.
fn page(session: &SessionData, body: &str) -> Result<Response, SessionError> {
    let flash = session.take::<String>(FLASH)?.unwrap_or_default();
    let flash = escape(&flash);
    let html = format!(
        r#"<!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>Sessions: log in</title>
        <style>
          body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem }}
          label {{ display: block; margin-bottom: 1rem }}
          input:not([type=checkbox]) {{ display: block; width: 100%; box-sizing: border-box }}
          input, button {{ font: inherit; padding: .3rem .6rem }}
          [role=status]:not(:empty) {{ background: #fe9; padding: .3rem .6rem }}
        </style>
        <p role="status">{flash}</p>
        {body}"#
    );
    // Without this the back button would show the page again after the log-out.
    Ok(([(CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

fn clock(time: OffsetDateTime) -> String {
    format!("{:02}:{:02} UTC", time.hour(), time.minute())
}

/// What a user typed is text, not HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let app = Router::new()
        .route("/", get(login_page))
        .route("/login", post(log_in))
        .route("/me", get(my_page))
        .route("/logout", post(log_out));
    // What another site sends never gets to a session.
    let app = add_session_middleware(app, MemorySessionStorage::new()).layer(CsrfLayer::new());

    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("http://localhost:{}", listener.local_addr()?.port());
    axum::serve(listener, app).await
}

//! A list of notes for a browser and a command line at once: `cargo run --example bearer` serves the page, and in
//! another terminal `cargo run --example bearer -- "buy milk"` logs in, adds a note by its token, and shows them all.

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_bare_session::{
    MemorySessionStorage, SessionData, SessionError, Sessions, Transport, add_session_middleware,
};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower_http::csrf::CsrfLayer;

type Notes = Arc<Mutex<Vec<String>>>;

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

#[derive(Deserialize)]
struct Note {
    note: String,
}

/// The one log-in: a browser gets a cookie, and whoever asks for a token gets that.
async fn log_in(
    session: SessionData,
    wants_token: bool,
    credentials: &Credentials,
) -> Result<Response, SessionError> {
    // An owner has 1 to 255 bytes.
    let is_name = (1..=255).contains(&credentials.name.len());
    if !is_name || credentials.password != "sesame" {
        return Ok(StatusCode::FORBIDDEN.into_response());
    }
    session.log_in(&credentials.name)?;
    if wants_token {
        session.set_label("command line")?;
        let token = session.bearer_token().await?;
        return Ok(token.expose().to_owned().into_response());
    }
    Ok(Redirect::to("/").into_response())
}

/// The same page for both; a browser gets it as HTML.
async fn notes(session: SessionData, State(notes): State<Notes>) -> Response {
    let Some(name) = session.owner() else {
        return Html(LOG_IN).into_response();
    };
    let notes = notes.lock().unwrap().clone();
    if session.transport() == Transport::Bearer {
        return notes.join("\n").into_response();
    }
    let items: String = notes
        .iter()
        .map(|note| format!("<li>{}", escape(note)))
        .collect();
    Html(format!(
        "<h1>Notes of {}</h1><ul>{items}</ul>{ADD}",
        escape(&name)
    ))
    .into_response()
}

async fn add(session: SessionData, State(notes): State<Notes>, Form(note): Form<Note>) -> Response {
    if session.owner().is_none() {
        return StatusCode::FORBIDDEN.into_response();
    }
    notes.lock().unwrap().push(note.note);
    Redirect::to("/").into_response()
}

async fn log_out(session: SessionData) -> Redirect {
    session.log_out();
    Redirect::to("/")
}

const LOG_IN: &str = r#"<!doctype html><title>Notes</title><form method="post" action="/login">
<input name="name" placeholder="Name" required>
<input name="password" type="password" placeholder="sesame" required>
<button>Log in</button></form>"#;

const ADD: &str = r#"<form method="post" action="/notes"><input name="note" required><button>Add</button></form>
<form method="post" action="/logout"><button>Log out</button></form>"#;

/// What a user typed is text, not HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

fn app() -> Router {
    let sessions = Sessions::builder(MemorySessionStorage::new()).bearer_tokens("notes_");
    let by_cookie = async |session, Form(form)| log_in(session, false, &form).await;
    let by_token = async |session, Form(form)| log_in(session, true, &form).await;
    let app = Router::new()
        .route("/", get(notes))
        .route("/notes", post(add))
        .route("/login", post(by_cookie))
        .route("/token", post(by_token))
        .route("/logout", post(log_out))
        .with_state(Notes::default());
    let sessions = sessions.build().expect("a prefix of letters");
    // What another site's page sends is refused; a command line is no page, and says so by saying nothing.
    add_session_middleware(app, sessions).layer(CsrfLayer::new())
}

/// The command line: one request over a connection of its own, and the body of its response.
async fn request(address: &str, head: &str, body: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let request = format!(
        "{head}\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or_default();
    match head.split(' ').nth(1) {
        Some("200" | "303") => Ok(body.to_owned()),
        _ => Err(io::Error::other(head.to_owned())),
    }
}

async fn command_line(address: &str, note: &str) -> io::Result<String> {
    let credentials = "name=ada&password=sesame";
    let token = request(address, "POST /token HTTP/1.1", credentials).await?;
    let with_token = |line: &str| format!("{line} HTTP/1.1\r\nAuthorization: Bearer {token}");
    let note: String = note.bytes().map(|byte| format!("%{byte:02x}")).collect();
    request(address, &with_token("POST /notes"), &format!("note={note}")).await?;
    let notes = request(address, &with_token("GET /"), "").await?;
    request(address, &with_token("POST /logout"), "").await?;
    Ok(notes)
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let address = format!("127.0.0.1:{port}");
    if let Some(note) = std::env::args().nth(1) {
        println!("{}", command_line(&address, &note).await?);
        return Ok(());
    }
    let listener = TcpListener::bind(address).await?;
    println!("http://localhost:{}", listener.local_addr()?.port());
    axum::serve(listener, app()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_browser_and_a_command_line_share_their_notes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async { axum::serve(listener, app()).await });
        assert_eq!(
            command_line(&address, "buy milk & bread").await.unwrap(),
            "buy milk & bread"
        );

        // By hand, what a browser does with the cookie.
        let login = "POST /login HTTP/1.1";
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let body = "name=ada&password=sesame";
        let head =
            "Host: x\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close";
        let request_ = format!(
            "{login}\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request_.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        let cookie = response.split("set-cookie: ").nth(1).unwrap();
        let cookie = cookie.split(';').next().unwrap();
        let page = request(&address, &format!("GET / HTTP/1.1\r\nCookie: {cookie}"), "").await;
        assert!(page.unwrap().contains("<li>buy milk &amp; bread"));
        assert!(
            request(&address, "POST /notes HTTP/1.1", "note=x")
                .await
                .is_err()
        );
        for name in [String::new(), "a".repeat(256)] {
            let form = format!("name={name}&password=sesame");
            let refused = request(&address, "POST /token HTTP/1.1", &form).await;
            assert!(refused.unwrap_err().to_string().contains("403"), "{name}");
        }
    }
}

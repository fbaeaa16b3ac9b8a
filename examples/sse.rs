//! Counts in a stream of server-sent events, and answers on a WebSocket, until the session ends:
//! `cargo run --example sse`.
//!
//! Built with the feature `redis` or `postgres`, several processes share the sessions that `REDIS_URL` or
//! `DATABASE_URL` leads to, and each hears of what the others end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_bare_session::{
    Key, MemorySessionStorage, SessionData, SessionError, Sessions, add_session_middleware,
};
use futures_util::StreamExt;
use futures_util::stream::try_unfold;
use tower_http::csrf::CsrfLayer;

const SECONDS: Key<u64> = Key::new("seconds");

/// Creates the session, since a stream comes too late to send a cookie.
async fn page(session: SessionData) -> Result<Html<&'static str>, SessionError> {
    session.update(SECONDS, |seconds| seconds.unwrap_or(0))?;
    Ok(Html(
        r#"<!doctype html><title>Sessions: a stream</title>
        <p>Seconds in this session, in all tabs: <output>…</output>
        <p>Seconds as the socket says them: <span id="socket">…</span>
        <form method="post" action="/end"><button>End the session</button></form>
        <script>
          const socket = new WebSocket(location.origin.replace("http", "ws") + "/socket");
          const answer = document.getElementById("socket");
          socket.onopen = () => socket.send("?");
          socket.onmessage = event => { answer.textContent = event.data; setTimeout(() => socket.send("?"), 1000); };
          socket.onclose = event => answer.textContent += event.code === 1000 ? " (ended)" : " (lost)";
          const events = new EventSource("/events");
          const output = document.querySelector("output");
          events.onmessage = event => output.textContent = event.data;
          events.onerror = () => { if (events.readyState === EventSource.CLOSED) output.textContent += " (ended)"; };
        </script>"#,
    ))
}

async fn events(session: Option<SessionData>) -> Response {
    let Some(session) = session else {
        // Tells the browser not to connect again.
        return StatusCode::NO_CONTENT.into_response();
    };
    let ended = session.ended();
    let events = try_unfold(session, |session| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        // Brings what other requests saved meanwhile, and tells whether the session is still there.
        if !session.reload().await? {
            return Ok(None);
        }
        session.update(SECONDS, |seconds| seconds.unwrap_or(0) + 1)?;
        // The middleware saved when the stream began; what a stream changes, it saves itself.
        session.save().await?;
        let seconds = session.get(SECONDS)?.unwrap_or_default();
        let event = Event::default().data(seconds.to_string());
        Ok::<_, SessionError>(Some((event, session)))
    });
    // At once, and not with the next event.
    Sse::new(events.take_until(ended)).into_response()
}

/// A browser lets pages of any site open a socket here, and sends the cookie where the site is a sister domain: hence
/// the look at the header `Origin`.
async fn socket(
    session: Option<SessionData>,
    State(own): State<Arc<str>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let is_foreign = headers.get(ORIGIN).is_some_and(|origin| *origin != *own);
    let Some(session) = session.filter(|_| !is_foreign) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    upgrade.on_upgrade(|socket| answer(socket, session))
}

/// Answers each message, until the session has ended or the browser has left.
async fn answer(mut socket: WebSocket, session: SessionData) {
    let mut ended = std::pin::pin!(session.ended());
    loop {
        let message = tokio::select! {
            () = &mut ended => break,
            message = socket.recv() => message,
        };
        let Some(Ok(Message::Text(_))) = message else {
            break;
        };
        let seconds = match session.reload().await {
            Ok(true) => session.get(SECONDS).ok().flatten().unwrap_or_default(),
            _ => break,
        };
        if socket.send(seconds.to_string().into()).await.is_err() {
            break;
        }
    }
    let normal = axum::extract::ws::CloseFrame {
        code: axum::extract::ws::close_code::NORMAL,
        reason: "the session has ended".into(),
    };
    let _ = socket.send(Message::Close(Some(normal))).await;
}

async fn end(session: SessionData) -> Redirect {
    session.destroy();
    Redirect::to("/ended")
}

async fn sessions() -> Result<Sessions, Box<dyn std::error::Error>> {
    #[cfg(feature = "redis")]
    if let Ok(url) = std::env::var("REDIS_URL") {
        let storage = axum_bare_session::RedisSessionStorage::connect(&url).await?;
        return Ok(Sessions::builder(storage).build()?);
    }
    #[cfg(feature = "postgres")]
    if let Ok(url) = std::env::var("DATABASE_URL") {
        let storage = axum_bare_session::PostgresSessionStorage::migrate(&url).await?;
        return Ok(Sessions::builder(storage).build()?);
    }
    Ok(Sessions::builder(MemorySessionStorage::new()).build()?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let origin = format!("http://localhost:{}", listener.local_addr()?.port());
    let app = Router::new()
        .route("/", get(page))
        .route("/events", get(events))
        .route("/socket", get(socket))
        .route("/end", post(end))
        .route("/ended", get(|| async { "The session has ended." }))
        .with_state(Arc::from(&*origin));
    // The outer layer comes first: what another site sends never gets to a session.
    let app = add_session_middleware(app, sessions().await?).layer(CsrfLayer::new());

    println!("{origin}");
    axum::serve(listener, app).await?;
    Ok(())
}

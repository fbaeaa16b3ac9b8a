//! Counts a visitor's visits in Redis, from as many processes as you like: `cargo run --example redis --features
//! redis`.
//!
//! `REDIS_URL` says where Redis is, `PORT` where this listens; 0 takes any free port.

use std::env::var;

use axum::Router;
use axum::routing::{get, post};
use axum_bare_session::{RedisSessionStorage, SessionData, SessionError, add_session_middleware};
use tower_http::csrf::CsrfLayer;

async fn visits(session: SessionData) -> Result<String, SessionError> {
    let visits = session.update("visits", |visits: Option<u64>| visits.unwrap_or(0) + 1)?;
    Ok(format!("visit {visits}"))
}

async fn log_out(session: SessionData) {
    session.destroy();
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt::init();
    let url = var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let storage = RedisSessionStorage::connect(&url).await?;
    let app = Router::new()
        .route("/", get(visits))
        .route("/logout", post(log_out));
    // What another site sends never gets to a session.
    let app = add_session_middleware(app, storage).layer(CsrfLayer::new());

    let port = var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("http://localhost:{}", listener.local_addr()?.port());
    axum::serve(listener, app).await?;
    Ok(())
}

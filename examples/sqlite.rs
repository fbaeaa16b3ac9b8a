//! Counts a visitor's visits in a file: `cargo run --example sqlite --features sqlite`.

use std::env::var;

use axum::{Router, routing::get};
use axum_bare_session::{SessionData, SessionError, SqliteSessionStorage, add_session_middleware};

async fn visits(session: SessionData) -> Result<String, SessionError> {
    let visits = session.update("visits", |visits: Option<u64>| visits.unwrap_or(0) + 1)?;
    Ok(format!("visit {visits}"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = var("DATABASE_URL").unwrap_or_else(|_| "sqlite://sessions.db".to_owned());
    let storage = SqliteSessionStorage::connect(&url).await?;
    storage.migrate().await?;

    let app = Router::new().route("/", get(visits));
    let app = add_session_middleware(app, storage);

    let port = var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("http://localhost:{}", listener.local_addr()?.port());
    axum::serve(listener, app).await?;
    Ok(())
}

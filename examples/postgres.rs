//! Counts a visitor's visits in PostgreSQL, in any number of processes: `cargo run --example postgres --features
//! postgres`.

use std::env::var;

use axum::Router;
use axum::routing::{get, post};
use axum_bare_session::{
    Duration, PostgresSessionStorage, SessionData, SessionError, Sessions, add_session_middleware,
};
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
    let url = var("DATABASE_URL").unwrap_or_else(|_| "postgres://localhost/postgres".to_owned());
    let storage = PostgresSessionStorage::migrate(&url).await?;
    let sessions = Sessions::from(storage);
    // Expired sessions open nothing; this removes their rows.
    tokio::spawn(sessions.delete_expired_every(Duration::HOUR));

    let app = Router::new()
        .route("/", get(visits))
        .route("/logout", post(log_out));
    // What another site sends never gets to a session.
    let app = add_session_middleware(app, sessions).layer(CsrfLayer::new());

    let port = var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("http://localhost:{}", listener.local_addr()?.port());
    axum::serve(listener, app).await?;
    Ok(())
}

//! Users, what they may do, and messages: `cargo run --example accounts`, then log in as `ada` or `bob`, with the
//! password `correct horse`.
//!
//! Every file of the directory `accounts` is made to be copied: `messages.rs`, `hashing.rs` and `text.rs` as they are,
//! `user.rs` with a user of one's own. `PORT` says where it listens; 0 takes any free port.

#[path = "accounts/mod.rs"]
mod accounts;

use std::error::Error;

use axum_bare_session::MemorySessionStorage;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt::init();
    let app = accounts::app(MemorySessionStorage::new().into()).await;
    let app = app.map_err(|_| "no password could be hashed")?;
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("http://localhost:{}", listener.local_addr()?.port());
    axum::serve(listener, app).await?;
    Ok(())
}

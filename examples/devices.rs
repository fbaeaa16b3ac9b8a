//! A shop whose customers see where they are logged in, and end it from afar: `cargo run --example devices`.
//!
//! Sessions live in memory, or in Redis with `--features redis` and `REDIS_URL`, or in PostgreSQL with `--features
//! postgres` and `DATABASE_URL`. `PORT` says where it listens; 0 takes any free port. The handlers are in the directory
//! `devices`.
//!
//! With `--features device-bound` it is served over HTTPS, and binds sessions to the browser's device.

#[path = "devices/mod.rs"]
mod devices;
#[cfg(feature = "device-bound")]
#[path = "devices/tls.rs"]
mod tls;

use std::env::var;
use std::error::Error;

use axum_bare_session::{AtSessionLimit, ConfigError, Duration, MemorySessionStorage, Sessions};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let sessions = sessions().await?;
    // Expired sessions open nothing; this takes their rows out of PostgreSQL. Redis and memory do so by themselves.
    tokio::spawn(sessions.delete_expired_every(Duration::HOUR));
    let app = devices::app(sessions);

    let port = var("PORT").unwrap_or_else(|_| "3000".to_owned());
    serve(app, port.parse()?).await
}

#[cfg(not(feature = "device-bound"))]
async fn serve(app: axum::Router, port: u16) -> Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://localhost:{}", listener.local_addr()?.port());
    axum::serve(listener, app).await?;
    Ok(())
}

#[cfg(feature = "device-bound")]
async fn serve(app: axum::Router, port: u16) -> Result<()> {
    let listener = tls::TlsListener::bind(port).await?;
    let address = axum::serve::Listener::local_addr(&listener)?;
    println!("https://localhost:{}", address.port());
    println!("A Chromium without a TPM binds sessions when it is started with:");
    println!(
        "--enable-features=DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting \\\n\
         --ignore-certificate-errors-spki-list={} --user-data-dir=$(mktemp -d)",
        listener.fingerprint
    );
    axum::serve(listener, app).await?;
    Ok(())
}

async fn sessions() -> Result<Sessions> {
    if let Ok(url) = var("REDIS_URL") {
        return in_redis(&url).await;
    }
    if let Ok(url) = var("DATABASE_URL") {
        return in_postgres(&url).await;
    }
    Ok(configured(MemorySessionStorage::new())?)
}

#[cfg(feature = "redis")]
async fn in_redis(url: &str) -> Result<Sessions> {
    let storage = axum_bare_session::RedisSessionStorage::connect(url).await?;
    Ok(configured(storage)?)
}

#[cfg(not(feature = "redis"))]
async fn in_redis(_: &str) -> Result<Sessions> {
    Err("REDIS_URL needs --features redis".into())
}

#[cfg(feature = "postgres")]
async fn in_postgres(url: &str) -> Result<Sessions> {
    let storage = axum_bare_session::PostgresSessionStorage::migrate(url).await?;
    Ok(configured(storage)?)
}

#[cfg(not(feature = "postgres"))]
async fn in_postgres(_: &str) -> Result<Sessions> {
    Err("DATABASE_URL needs --features postgres".into())
}

fn configured(
    storage: impl axum_bare_session::storage::SessionStorage,
) -> std::result::Result<Sessions, ConfigError> {
    let builder = Sessions::builder(storage);
    // Browsers that can prove again and again that they have the device's key; all others go on as they are.
    #[cfg(feature = "device-bound")]
    let builder = builder.device_bound("/device-bound");
    builder
        // A copy of a cookie is good for so long at most after its owner's next visit, and its use is noticed.
        .renewal_interval(Duration::minutes(15))
        .max_sessions_per_owner(20, AtSessionLimit::EndLongestIdle)
        // The list of devices tells the minute in which one was last seen.
        .touch_interval(Duration::minutes(1))
        .build()
}

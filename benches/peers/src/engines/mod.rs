//! The same requests on a database: all variants on one private server, interleaved.

mod limit;
mod measure;
mod postgres;
mod proxy;
mod redis;
mod server;
mod tower_sessions;

use axum::Router;

use crate::{Failure, variants};

/// In the order in which they are shown. The cache is the crate's own, in front of the storage. axum_session keeps a copy in
/// each process, which no other process's log-out reaches; it is measured with that and without.
const NAMES: [&str; 8] = [
    "bare",
    "limit",
    "ours",
    "ours_cached",
    "tower_sessions",
    "axum_session",
    "axum_session_no_copy",
    "saysion",
];

pub fn redis() -> Result<(), Failure> {
    measure::run(&redis::RECIPE)
}

pub fn postgres() -> Result<(), Failure> {
    measure::run(&postgres::RECIPE)
}

/// The routes of a variant on the database at `url`.
pub async fn router(name: &str, url: &str) -> Result<Router, Failure> {
    match url.split(':').next() {
        _ if name == "bare" => variants::router(name).await,
        Some("redis") => redis::router(name, url).await,
        Some("postgres") => postgres::router(name, url).await,
        _ => Err(format!("no database at {url}").into()),
    }
}

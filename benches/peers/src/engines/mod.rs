//! The same requests on a database: all variants on one private server, interleaved.

mod count;
mod limit;
mod measure;
mod mysql;
mod postgres;
mod processor;
mod proxy;
mod redis;
mod server;
mod sqlite;
mod sqlite_calls;
mod tower_sessions;

use axum::Router;

use crate::{Failure, variants};

/// In the order in which they are shown. The cache is the crate's own, in front of the storage. axum_session keeps a
/// copy in each process, which no other process's log-out reaches; it is measured with that and without.
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

pub fn redis(wanted: &[&str]) -> Result<(), Failure> {
    measure::run(&redis::RECIPE, &names(wanted)?)
}

pub fn postgres(wanted: &[&str]) -> Result<(), Failure> {
    measure::run(&postgres::RECIPE, &names(wanted)?)
}

pub fn mariadb(wanted: &[&str]) -> Result<(), Failure> {
    let names = names(wanted)?.into_iter();
    let names = names.filter(|name| mysql::NAMES.contains(name));
    measure::run(&mysql::RECIPE, &names.collect::<Vec<_>>())
}

pub fn sqlite(wanted: &[&str]) -> Result<(), Failure> {
    let names = names(wanted)?.into_iter();
    sqlite::run(
        &names
            .filter(|name| sqlite::NAMES.contains(name))
            .collect::<Vec<_>>(),
    )
}

pub use sqlite_calls::run as sqlite_calls;

/// The wanted variants with those that they are compared to, or all.
fn names(wanted: &[&str]) -> Result<Vec<&'static str>, Failure> {
    if let Some(name) = wanted.iter().find(|name| !NAMES.contains(name)) {
        return Err(format!("{name} is no variant on a database: {}", NAMES.join(", ")).into());
    }
    let is_wanted =
        |name: &&str| wanted.is_empty() || wanted.contains(name) || ["bare", "ours"].contains(name);
    Ok(NAMES.into_iter().filter(is_wanted).collect())
}

/// The routes of a variant on the database at `url`.
pub async fn router(name: &str, url: &str) -> Result<Router, Failure> {
    match url.split(':').next() {
        _ if name == "bare" => variants::router(name).await,
        Some("redis") => redis::router(name, url).await,
        Some("mysql") => mysql::router(name, url).await,
        Some("postgres") => postgres::router(name, url).await,
        Some("sqlite") => sqlite::router(name, url).await,
        _ => Err(format!("no database at {url}").into()),
    }
}

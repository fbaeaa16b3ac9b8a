//! The same routes on each library: `/ignore`, `/read/1`, `/read/5`, `/modify`, `/new`, `/fill/5`, `/fill/100`.

mod axum_session;
mod baseline;
mod limit;
mod ours;
mod tower_sessions;

use axum::Router;

pub struct Variant {
    pub name: &'static str,
    pub router: Router,
    pub has_sessions: bool,
    pub cookie_name: &'static str,
    pub unknown_cookie: &'static str,
}

pub use ours::{of as of_ours, router as ours};

pub const NAMES: [&str; 6] = [
    "bare",
    "from_fn",
    "limit",
    "ours",
    "tower_sessions",
    "axum_session",
];

pub fn has_sessions(name: &str) -> bool {
    !matches!(name, "bare" | "from_fn")
}

/// A variant with no session in it.
pub async fn named(name: &str) -> Result<Variant, String> {
    match name {
        "bare" => Ok(baseline::bare()),
        "from_fn" => Ok(baseline::from_fn()),
        "limit" => Ok(limit::variant()),
        "ours" => Ok(ours::variant()),
        "tower_sessions" => Ok(tower_sessions::variant()),
        "axum_session" => Ok(axum_session::variant().await),
        _ => Err(format!("no variant {name}: there are {NAMES:?}")),
    }
}

/// The names of the keys, in the order in which they are filled: the first holds a number, all others text.
pub fn keys(count: usize) -> impl Iterator<Item = String> {
    (1..count).map(|index| format!("key_{index}"))
}

/// The text under each key but the first: short among five, 90 bytes among a hundred.
pub fn text(count: usize) -> String {
    if count <= 5 {
        "a short text".to_owned()
    } else {
        "x".repeat(90)
    }
}

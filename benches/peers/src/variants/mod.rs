//! The same routes on each library: `/ignore`, `/read/1`, `/read/5`, `/modify`, `/new`, `/fill/5`, `/fill/100`.

mod actix_session;
pub mod axum_session;
mod baseline;
mod cookie;
mod limit;
mod ours;
pub mod saysion;
mod tower_sessions;
mod values;

use axum::Router;

use crate::Failure;
use crate::harness::{AxumClient, Client};

pub use self::cookie::SessionCookie;
pub use self::ours::router as ours;
pub use self::values::{keys, text};

/// In the order in which they are shown.
pub const NAMES: [&str; 9] = [
    "bare",
    "from_fn",
    "limit",
    "ours",
    "tower_sessions",
    "axum_session",
    "saysion",
    "bare_actix",
    "actix_session",
];

pub struct Variant {
    pub name: &'static str,
    pub client: Box<dyn Client>,
    pub cookie: SessionCookie,
}

impl Variant {
    /// A variant with no session in it.
    pub async fn new(name: &'static str) -> Result<Self, Failure> {
        let (client, cookie): (Box<dyn Client>, _) = match name {
            "bare_actix" => (actix_session::bare().await, cookie::of_limit()),
            "actix_session" => (actix_session::client().await, actix_session::cookie()),
            name => (
                Box::new(AxumClient::new(router(name).await?)),
                cookie::of(name),
            ),
        };
        Ok(Self {
            name,
            client,
            cookie,
        })
    }

    /// Ours, with other routes.
    pub fn of_ours(router: Router) -> Self {
        let client = Box::new(AxumClient::new(router));
        Self {
            name: "ours",
            client,
            cookie: cookie::of("ours"),
        }
    }

    pub fn has_sessions(&self) -> bool {
        has_sessions(self.name)
    }
}

pub fn has_sessions(name: &str) -> bool {
    !matches!(name, "bare" | "from_fn" | "bare_actix")
}

/// What a variant is without sessions.
pub fn bare(name: &str) -> &'static str {
    match name {
        "bare_actix" | "actix_session" => "bare_actix",
        _ => "bare",
    }
}

/// The routes of a variant on axum, in memory.
pub async fn router(name: &str) -> Result<Router, Failure> {
    match name {
        "bare" => Ok(baseline::bare()),
        "from_fn" => Ok(baseline::from_fn()),
        "limit" => Ok(limit::router()),
        "ours" => Ok(ours::in_memory()),
        "tower_sessions" => Ok(tower_sessions::router()),
        "axum_session" => axum_session::in_memory().await,
        "saysion" => Ok(saysion::router(::saysion::MemoryStore::new())),
        _ => Err(format!("no variant {name} on axum: there are {NAMES:?}").into()),
    }
}

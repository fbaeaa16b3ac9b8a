//! Server-side sessions for axum.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::dbg_macro))]

mod middleware;
mod record;
mod session;
pub mod storage;

pub use axum_extra::extract::cookie::SameSite;
pub use time::{Duration, OffsetDateTime};

pub use crate::middleware::{
    ConfigError, SessionInfo, SessionRejection, Sessions, SessionsBuilder, add_session_middleware,
    session_middleware,
};
pub use crate::record::{ParseSessionIdError, SessionId, Timeouts};
pub use crate::session::{DefaultScope, Key, KeyFor, SessionData, SessionError};
pub use crate::storage::MemorySessionStorage;

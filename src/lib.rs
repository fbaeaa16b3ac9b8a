//! Server-side sessions for axum: a typed map in the handler, saved after it returns.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use axum_bare_session::{MemorySessionStorage, SessionData, SessionError, add_session_middleware};
//!
//! async fn visits(session: SessionData) -> Result<String, SessionError> {
//!     let visits = session.update("visits", |visits: Option<u64>| visits.unwrap_or(0) + 1)?;
//!     Ok(format!("visit {visits}"))
//! }
//!
//! # async fn serve() -> std::io::Result<()> {
//! let app = Router::new().route("/", get(visits));
//! let app = add_session_middleware(app, MemorySessionStorage::new());
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! axum::serve(listener, app).await
//! # }
//! ```
//!
//! - [`add_session_middleware`] attaches the middleware, with a storage or with configured [`Sessions`].
//! - [`SessionData`] is what a handler holds. It is loaded by the first extractor of a request, and not at all where
//!   there is none; all access is sync and in memory. [`Key`] gives a key a type.
//! - [`Sessions`] lists and ends an owner's sessions, from anywhere. [`FreshSession`] is for pages that ask for the
//!   password again.
//! - [`require_log_in`] sends visitors to the log-in page, and [`LoggedIn`] is who came back from it:
//!   [`guide::accounts`].
//! - [`storage`] is the second door, for authors of storages; [`MemorySessionStorage`] is built in.
//! - [`CachedSessionStorage`] holds the hot sessions of a remote storage in memory; its page says what that means for
//!   several processes.
//!
//! Requests of one session may run at once: no write of one is lost to another, and a session that has ended stays so.
//! The [`guide`] has the rules ([`guide::concurrency`]), how to test handlers and whole applications
//! ([`guide::testing`]), how middleware of your own asks for the session ([`guide::middleware`]), what can be stored
//! and what comes back ([`guide::values`]), which storage to choose ([`guide::storages`]), why a session may not stick
//! ([`guide::does_not_stick`]) and what millions of sessions need ([`guide::scale`]); recipes for
//! [accounts](guide::accounts), [forms](guide::csrf), [messages](guide::flash), [OAuth](guide::oauth), [log-outs at a
//! provider](guide::back_channel), [the time that is left](guide::time_left), [many tenants](guide::tenants), [acting
//! as a user](guide::acting_as), [apps and command lines](guide::bearer), [sockets](guide::sockets), [values sealed at
//! rest](guide::sealed), [cookies that are worth nothing to a thief](guide::device_bound), [several
//! accounts](guide::several_accounts) and [metrics](guide::metrics); [OWASP's requirements](guide::asvs), which
//! command [shows each promise](guide::evidence), and where every feature of the Python package went that this crate
//! mirrors ([`guide::coming_from_bareasgi`]). Those who come from
//! [tower-sessions](guide::coming_from_tower_sessions), [axum-login](guide::coming_from_axum_login),
//! [axum_session](guide::coming_from_axum_session) or [actix-session](guide::coming_from_actix_session) find a page
//! each, and how their visitors stay logged in.
//!
//! # Errors
//!
//! [`SessionError`] and [`SessionRejection`] are responses, so that `?` works in handlers: 503 where the storage is
//! down or another request was first; 401 for a bearer token that opens nothing; 403 where nobody is logged in; 409
//! where the session has ended or its owner has too many; else 500. What went wrong is logged, without secrets and
//! values. A client is told nothing, except what the application has to call: where the middleware is missing, a
//! storage was not migrated, or nobody installed a subscriber of `tracing`.
//!
//! # Events
//!
//! The crate logs by [`tracing`](https://docs.rs/tracing), with the public id as `session.id`: created, renewed, logged
//! in and out, destroyed and revoked at info level, and changes that were dropped since another request has ended the
//! session or renewed it; expired, unknown, forged and malformed at debug; a wrong secret, suspected theft, a device
//! that was not proven and a panic that takes changes along at warn; failures at error.
//! [`SessionsBuilder::events`] sends the same to the application.
//!
//! # Features
//!
//! | feature | adds | needs Rust |
//! |---|---|---|
//! | none | all but the following | 1.88 |
//! | `conformance` | [`storage::conformance`], the storage contract as public test functions | 1.88 |
//! | `postgres` | `PostgresSessionStorage`, sessions in a PostgreSQL table | 1.88 |
//! | `mysql` | `MySqlSessionStorage`, sessions in a MySQL or MariaDB table | 1.88 |
//! | `sqlite` | `SqliteSessionStorage`, sessions in an SQLite file | 1.88 |
//! | `redis` | `RedisSessionStorage`, sessions in Redis or Valkey: one server, Sentinel or Cluster | 1.88 |
//! | `sealed` | `SealedSessionStorage`, which encrypts values at rest, in front of any other | 1.88 |
//! | `device-bound` | sessions bound to a browser's device key (experimental): [`guide::device_bound`] | 1.88 |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::dbg_macro))]
// The docs link to what features add. With all of them, as docs.rs has them, each link must lead somewhere.
#![cfg_attr(
    not(all(
        feature = "conformance",
        feature = "device-bound",
        feature = "mysql",
        feature = "postgres",
        feature = "redis",
        feature = "sealed",
        feature = "sqlite",
    )),
    allow(rustdoc::broken_intra_doc_links)
)]

pub mod guide;
mod middleware;
mod record;
mod service;
mod session;
pub mod storage;
mod sync;
mod transport;

#[doc(no_inline)]
pub use axum_extra::extract::cookie::SameSite;
#[doc(no_inline)]
pub use time::{Duration, OffsetDateTime};

pub use crate::middleware::{
    CreatedSession, FreshSession, FreshSessionRejection, LoggedIn, LoggedInRejection, NextPath,
    PassiveSession, RequireLogIn, SessionRejection, add_session_middleware, no_activity,
    require_log_in, require_log_in_to, session_middleware,
};
#[cfg(feature = "device-bound")]
#[cfg_attr(docsrs, doc(cfg(feature = "device-bound")))]
pub use crate::middleware::{DeviceBoundSession, DeviceBoundSessionRejection};
pub use crate::record::{BearerToken, ParseSessionIdError, SessionId, Timeouts, Transport};
pub use crate::service::builder::SessionsBuilder;
pub use crate::service::event::{SessionEvent, SessionEventKind};
pub use crate::service::policy::SessionPolicy;
pub use crate::service::session_info::SessionInfo;
pub use crate::service::session_limit::limit::AtSessionLimit;
pub use crate::service::sessions::Sessions;
pub use crate::service::suspected_theft::SuspectedTheft;
pub use crate::session::{DefaultScope, Key, KeyFor, SessionData, SessionError};
#[cfg(feature = "mysql")]
#[cfg_attr(docsrs, doc(cfg(feature = "mysql")))]
#[doc(inline)]
pub use crate::storage::MySqlSessionStorage;
#[cfg(feature = "postgres")]
#[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
#[doc(inline)]
pub use crate::storage::PostgresSessionStorage;
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
#[doc(inline)]
pub use crate::storage::RedisSessionStorage;
#[cfg(feature = "sqlite")]
#[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
#[doc(inline)]
pub use crate::storage::SqliteSessionStorage;
#[doc(inline)]
pub use crate::storage::{CachedSessionStorage, MemorySessionStorage};
#[cfg(feature = "sealed")]
#[cfg_attr(docsrs, doc(cfg(feature = "sealed")))]
#[doc(inline)]
pub use crate::storage::{SealedSessionStorage, SealingKey};
pub use crate::transport::clear_site_data::ClearSiteData;
pub use crate::transport::config_error::ConfigError;
pub use crate::transport::cookie::{FormerCookie, SigningKey};

// Its storage is PostgreSQL: a page of the registry hides no line for other cases.
#[cfg(all(doctest, feature = "postgres"))]
#[doc = include_str!("../README.md")]
struct Readme;

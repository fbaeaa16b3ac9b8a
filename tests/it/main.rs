//! The crate from outside: one binary, one file for each subject, one sentence for each test.

mod support;

mod accounts;
mod bearer;
mod cached;
mod clean_up;
mod config;
#[cfg(feature = "conformance")]
mod conformance_detects;
mod cookies;
mod counts;
#[cfg(feature = "device-bound")]
mod device_bound;
mod exploration;
mod failure;
mod guide;
mod handlers;
mod headers;
mod late;
mod laziness;
mod memory;
mod own_extractors;
mod parallel;
#[cfg(any(feature = "postgres", feature = "redis", feature = "sqlite"))]
mod processes;
#[cfg(feature = "redis")]
mod redis;
mod renewal;
mod scopes;
mod scopes_sharing;
#[cfg(feature = "sealed")]
mod sealed;
mod secrecy;
mod sessions;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod sql;
mod testing;
mod time_limits;
mod values;
mod watching;

//! The SQL storages on real servers, which the tests start for themselves and stop again.

mod app;
mod concurrency;
mod conformance;
mod counts;
mod database;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod faults;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod processes;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "sqlite")]
mod sqlite_file;
mod table;

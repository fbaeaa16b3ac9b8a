//! The SQL storages on real servers, which the tests start for themselves and stop again.

mod app;
#[cfg(feature = "conformance")]
mod conformance;
mod counts;
mod database;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod faults;
mod full;
#[cfg(feature = "mysql")]
mod galera;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "mysql")]
mod mysql_connections;
#[cfg(feature = "mysql")]
mod mysql_recipe;
#[cfg(feature = "mysql")]
mod mysql_start;
#[cfg(feature = "mysql")]
mod mysql_switch;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "sqlite")]
mod sqlite_file;
#[cfg(feature = "sqlite")]
mod sqlite_path;
#[cfg(feature = "sqlite")]
mod sqlite_writers;
mod table;

#[cfg(feature = "mysql")]
pub(crate) use mysql::MySql;
#[cfg(feature = "postgres")]
pub(crate) use postgres::{Postgres, PostgresServer};
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::Sqlite;

//! Sessions in a SQL database: one table, one row for each session, one statement for each call.

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod engine;
#[cfg(feature = "mysql")]
mod locked;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod owned;
#[cfg(feature = "postgres")]
mod returning;
pub(in crate::storage) mod row;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod statements;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod table;
mod table_name;

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod timestamptz;

#[cfg(feature = "mysql")]
pub use mysql::MySqlSessionStorage;
#[cfg(feature = "postgres")]
pub use postgres::PostgresSessionStorage;
pub use table_name::{TableName, TableNameError};

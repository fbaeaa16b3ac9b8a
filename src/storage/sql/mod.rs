//! Sessions in a SQL database: one table, one row for each session, one statement for each call.

mod engine;
#[cfg(feature = "mysql")]
mod locked;
#[cfg(feature = "sqlite")]
mod open;
mod owned;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod returning;
mod row;
mod statements;
mod table;
mod table_name;

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "postgres")]
mod timestamptz;

#[cfg(feature = "mysql")]
pub use mysql::MySqlSessionStorage;
#[cfg(feature = "postgres")]
pub use postgres::PostgresSessionStorage;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteSessionStorage;
pub use table_name::{TableName, TableNameError};

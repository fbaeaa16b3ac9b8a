//! What the storages in SQL databases share: one table, one row for each session, one statement for each call.

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod engine;
#[cfg(feature = "sqlite")]
mod open;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod owned;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod returning;
mod row;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod statements;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod table;
mod table_name;

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "postgres")]
mod timestamptz;

#[cfg(feature = "postgres")]
pub use postgres::PostgresSessionStorage;
#[cfg(feature = "mysql")]
pub(super) use row::{Columns, id, listed};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteSessionStorage;
pub use table_name::{TableName, TableNameError};

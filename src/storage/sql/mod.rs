//! What the storages in SQL databases share: one table, one row for each session, one statement for each call.

#[cfg(any(feature = "mysql", feature = "sqlite"))]
mod engine;
#[cfg(feature = "mysql")]
mod locked;
#[cfg(feature = "sqlite")]
mod open;
#[cfg(any(feature = "mysql", feature = "sqlite"))]
mod owned;
#[cfg(feature = "sqlite")]
mod returning;
mod row;
#[cfg(any(feature = "mysql", feature = "sqlite"))]
mod statements;
#[cfg(any(feature = "mysql", feature = "sqlite"))]
mod table;
mod table_name;

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "mysql")]
pub use mysql::MySqlSessionStorage;
#[cfg(feature = "postgres")]
pub(super) use row::{Columns, listed};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteSessionStorage;
pub use table_name::{TableName, TableNameError};

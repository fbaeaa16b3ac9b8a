//! What the storages in SQL databases share: one table, one row for each session, one statement for each call.

#[cfg(feature = "postgres")]
mod engine;
#[cfg(feature = "postgres")]
mod owned;
#[cfg(feature = "postgres")]
mod returning;
pub(in crate::storage) mod row;
#[cfg(feature = "postgres")]
mod statements;
#[cfg(feature = "postgres")]
mod table;
mod table_name;

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod timestamptz;

#[cfg(feature = "postgres")]
pub use postgres::PostgresSessionStorage;
#[cfg(feature = "mysql")]
pub(super) use row::{Columns, id, listed};
pub use table_name::{TableName, TableNameError};

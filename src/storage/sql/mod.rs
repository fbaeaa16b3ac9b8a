//! What the storages in SQL databases share: the names of tables, and what a row tells.

pub(in crate::storage) mod row;
mod table_name;

pub use table_name::{TableName, TableNameError};

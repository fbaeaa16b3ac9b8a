//! What the storages in SQL databases share: the names of tables, what a row tells, and how all ids are read.

mod ids;
pub(in crate::storage) mod row;
mod table_name;

pub(in crate::storage) use ids::{PAGE, ids};
pub use table_name::{TableName, TableNameError};

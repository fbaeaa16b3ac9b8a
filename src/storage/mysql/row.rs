use mysql_async::{Row, Value};

use super::error::Failure;
use crate::record::SessionId;
use crate::storage::StorageError;
use crate::storage::sql::row::{Columns, id};

/// Reads a row of the columns that `load` and `list` select.
pub(super) fn columns(row: &Row) -> Result<Columns<'_>, StorageError> {
    // The columns have types and are not null, so what fails here is the table's fault, not a row's.
    Ok(Columns {
        id: id(bytes(row, 0)?)?,
        version: integer(row, 1)?,
        last_seen: integer(row, 2)?,
        expires_at: integer(row, 3)?,
        record: bytes(row, 4)?,
    })
}

/// The ids in the first column.
pub(super) fn ids(rows: &[Row]) -> Result<Vec<SessionId>, StorageError> {
    rows.iter().map(|row| Ok(id(bytes(row, 0)?)?)).collect()
}

fn bytes(row: &Row, at: usize) -> Result<&[u8], StorageError> {
    match row.as_ref(at) {
        Some(Value::Bytes(bytes)) => Ok(bytes),
        _ => Err(Failure::Column(at).into()),
    }
}

pub(super) fn integer(row: &Row, at: usize) -> Result<i64, StorageError> {
    match row.as_ref(at) {
        Some(Value::Int(number)) => Ok(*number),
        _ => Err(Failure::Column(at).into()),
    }
}

use mysql_async::Value;

use crate::record::{SessionId, SessionRecord, Timestamp, Version};
use crate::storage::StorageError;

/// The values of all columns but the id, in the order of `INSERT` and `UPDATE`.
pub(super) fn columns(record: &SessionRecord) -> Result<Vec<Value>, StorageError> {
    let json = record.to_json().map_err(StorageError::new)?;
    let owner = record.owner.as_deref();
    let mut values = Vec::with_capacity(7);
    values.extend([
        number(record.version),
        record.last_seen.as_micros().into(),
        record.expires_at.as_micros().into(),
        owner.map_or(Value::NULL, |owner| owner.as_bytes().into()),
        Value::Bytes(json),
    ]);
    Ok(values)
}

pub(super) fn touched(
    id: SessionId,
    expected: Version,
    last_seen: Timestamp,
    expires_at: Timestamp,
) -> Vec<Value> {
    vec![
        last_seen.as_micros().into(),
        expires_at.as_micros().into(),
        id.as_bytes().into(),
        number(expected),
    ]
}

pub(super) fn number(version: Version) -> Value {
    u64::from(version).cast_signed().into()
}

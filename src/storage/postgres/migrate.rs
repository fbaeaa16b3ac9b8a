use uuid::Uuid;

use super::connections::Connections;
use super::error::Failure;
use crate::storage::{StorageError, TableName};

/// The number of the advisory lock that lets one process at a time create the table: "sessions" in ASCII.
const MIGRATION_LOCK: i64 = 0x7365_7373_696f_6e73;

/// The statements that create the table and its indexes.
pub(super) fn schema(table: &TableName) -> String {
    let (name, table) = (table.quoted('"'), table.table());
    // A hash index takes owners of any length.
    format!(
        "CREATE TABLE IF NOT EXISTS {name} (\
         id uuid PRIMARY KEY, \
         version bigint NOT NULL, \
         last_seen timestamptz NOT NULL, \
         expires_at timestamptz NOT NULL, \
         owner bytea, \
         record json NOT NULL);\n\
         CREATE INDEX IF NOT EXISTS \"{table}_expires_at\" ON {name} (expires_at);\n\
         CREATE INDEX IF NOT EXISTS \"{table}_owner\" ON {name} USING hash (owner);\n"
    )
}

/// Creates the table, if it is not there yet. A user who may not create one may call this where it is.
pub(super) async fn migrate(connections: &Connections) -> Result<(), StorageError> {
    match check(connections).await {
        Err(failure) if failure.is_missing_table() => {}
        checked => return Ok(checked?),
    }
    let schema = schema(&connections.dialer.place.table);
    // One batch, so one transaction: its end gives the lock back, behind a pooler too.
    let create = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK});\n{schema}");
    connections.batch(&create).await?;
    Ok(check(connections).await?)
}

/// A record whose text no encoding but UTF-8 has.
const RECORD: &str = "{\"text\": \"\u{1f36a}\"}";

/// Proves that a session can be saved, loaded, changed and deleted: does so, in one transaction that leaves nothing.
pub(super) async fn check(connections: &Connections) -> Result<(), Failure> {
    let name = connections.dialer.place.table.quoted('"');
    let mut id = [0; 16];
    // Of the thread's own generator if the system's fails: the id only has to be nobody else's.
    if getrandom::fill(&mut id).is_err() {
        use std::hash::{BuildHasher, RandomState};
        id[..8].copy_from_slice(&RandomState::new().hash_one(()).to_le_bytes());
    }
    let id = Uuid::from_bytes(id);
    let proof = format!(
        "INSERT INTO {name} (id, version, last_seen, expires_at, owner, record) \
         VALUES ('{id}', 1, '-infinity', '-infinity', '\\x', '{RECORD}');\n\
         UPDATE {name} SET version = 2, last_seen = last_seen, expires_at = expires_at, owner = owner, record = record \
         WHERE id = '{id}' AND version = 1;\n\
         SELECT id, version, last_seen, expires_at, owner, record FROM {name} WHERE id = '{id}';\n\
         DELETE FROM {name} WHERE id = '{id}';\n"
    );
    connections.batch(&proof).await
}

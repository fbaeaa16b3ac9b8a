use std::time::Duration;

use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::connections::Connections;
use super::error::{Failure, Kind};
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
    let create = format!(
        "SET LOCAL lock_timeout = 0;\nSELECT pg_advisory_xact_lock({MIGRATION_LOCK});\n{schema}"
    );
    connections.batch(&create, Duration::MAX).await?;
    Ok(check(connections).await?)
}

/// How long a server may take to prove that a table is usable.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is written and read again as it was, and taken as a parameter.
const TYPES: [&str; 6] = [
    "uuid",
    "bigint",
    "timestamp with time zone",
    "timestamp with time zone",
    "bytea",
    "json",
];
/// A record whose text no encoding but UTF-8 has.
const RECORD: &str = "{\"text\": \"\u{1f36a}\"}";

/// Proves that a session can be saved, loaded, changed and deleted: does so, in one transaction that leaves nothing.
/// Literals fit columns of more types than parameters do, so the types are looked at too.
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
        "SET LOCAL lock_timeout = '3s';\n\
         INSERT INTO {name} (id, version, last_seen, expires_at, owner, record) \
         VALUES ('{id}', 1, '-infinity', '-infinity', '\\x', '{RECORD}');\n\
         UPDATE {name} SET version = 2, last_seen = last_seen, expires_at = expires_at, owner = owner, record = record \
         WHERE id = '{id}' AND version = 1;\n\
         SELECT id, version, last_seen, expires_at, owner, record FROM {name} WHERE id = '{id}';\n\
         DELETE FROM {name} WHERE id = '{id}';\n\
         SELECT pg_typeof(id), pg_typeof(version), pg_typeof(last_seen), pg_typeof(expires_at), pg_typeof(owner), \
         pg_typeof(record) FROM (VALUES (1)) AS one LEFT JOIN {name} ON false"
    );
    let proven = connections.batch(&proof, PATIENCE).await?;
    let types = proven.iter().rev().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at))),
        _ => None,
    });
    if types.is_some_and(|types| types.eq(TYPES.map(Some))) {
        Ok(())
    } else {
        let mismatch = Kind::Server(SqlState::DATATYPE_MISMATCH);
        Err(Failure::new(mismatch, &connections.dialer.place))
    }
}

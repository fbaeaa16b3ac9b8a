use rusqlite::{Connection, TransactionBehavior};

use super::database::Database;
use super::error::{Problem, SqliteError};
use super::statements::Statements;
use crate::storage::TableName;

/// The statements that create the table and its indexes where they are not there.
pub(super) fn schema(table: &TableName) -> String {
    let table = table.table();
    format!(
        "CREATE TABLE IF NOT EXISTS \"{table}\" (\
         id BLOB NOT NULL PRIMARY KEY, \
         version INTEGER NOT NULL, \
         last_seen INTEGER NOT NULL, \
         expires_at INTEGER NOT NULL, \
         owner BLOB, \
         record TEXT NOT NULL);\n\
         CREATE INDEX IF NOT EXISTS \"{table}_expires_at\" ON \"{table}\" (expires_at);\n\
         CREATE INDEX IF NOT EXISTS \"{table}_owner\" ON \"{table}\" (owner) WHERE owner IS NOT NULL;\n"
    )
}

/// Fails unless the table is there, and one of sessions.
pub(super) fn check(
    connection: &Connection,
    statements: &Statements,
    database: &Database,
) -> Result<(), SqliteError> {
    let failed = |error| database.failed(&error);
    if count(
        connection,
        database,
        "type = 'table' AND name = ?1 COLLATE NOCASE",
    )
    .map_err(failed)?
        == 0
    {
        return Err(database.error(Problem::NoTable));
    }
    let prepared = statements.prepare(connection);
    prepared.map_err(|error| refused(&error, database))
}

/// What SQLite says of a statement that does not fit the table is no more than that it is wrong.
fn refused(error: &rusqlite::Error, database: &Database) -> SqliteError {
    database.error(match Problem::of(error) {
        Problem::Code(rusqlite::ffi::SQLITE_ERROR) => Problem::OtherLayout,
        problem => problem,
    })
}

/// Creates what is not there of the table and its indexes. Any number of processes may do so at once.
pub(super) fn migrate(connection: &mut Connection, database: &Database) -> Result<(), SqliteError> {
    let created = create(connection, database);
    created.map_err(|error| refused(&error, database))
}

fn create(connection: &mut Connection, database: &Database) -> rusqlite::Result<()> {
    let all =
        "tbl_name = ?1 COLLATE NOCASE AND (type = 'table' OR type = 'index' AND sql IS NOT NULL)";
    if count(connection, database, all)? >= 3 {
        // Nothing is written, so that nobody waits for whoever writes.
        return Ok(());
    }
    // One that begins by reading would fail where another process writes first.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(&schema(&database.table))?;
    transaction.commit()
}

fn count(connection: &Connection, database: &Database, which: &str) -> rusqlite::Result<i64> {
    let count = format!("SELECT COUNT(*) FROM sqlite_master WHERE {which}");
    connection.query_row(&count, [database.table.table()], |row| row.get(0))
}

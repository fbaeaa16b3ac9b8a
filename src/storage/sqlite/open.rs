use std::num::NonZero;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::builder::Synchronous;
use super::database::{Database, Location, when_unlocked};
use super::error::{Problem, SqliteError};
use super::migrate;
use super::readers::Readers;
use super::statements::Statements;
use super::writer::{Writer, WriterThread};
use crate::storage::StorageError;

/// How many reads may wait for the disk at once, each on a thread of its own.
const ELSEWHERE: usize = 4;

/// What is to be done about the table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// It has to be there.
    Check,
    /// It is made where it is not there, and so is the file.
    Migrate,
}

/// Opens the connections, and starts the thread that writes. All that waits for the disk happens on that thread.
pub(super) async fn open(
    database: Arc<Database>,
    table: Table,
) -> Result<(Readers, Writer), StorageError> {
    let (opened, is_open) = oneshot::channel();
    let (sender, writes) = mpsc::channel();
    let of_thread = Arc::clone(&database);
    let run = move || match connections(&of_thread, table) {
        Ok((writer, readers)) => {
            // Unless nobody waits for it any longer.
            if opened.send(Ok(readers)).is_ok() {
                writer.run(&writes);
            }
        }
        Err(error) => {
            let _ = opened.send(Err(error));
        }
    };
    thread::Builder::new()
        .name("sqlite-sessions".to_owned())
        .spawn(run)
        .map_err(StorageError::new)?;
    let readers = is_open
        .await
        .map_err(|_| database.error(Problem::Ended))??;
    Ok((readers, Writer::new(sender, database)))
}

fn connections(
    database: &Arc<Database>,
    table: Table,
) -> Result<(WriterThread, Readers), SqliteError> {
    if database.table.schema().is_some() {
        return Err(database.error(Problem::Schema));
    }
    if database
        .path()
        .is_some_and(|path| path.as_os_str().is_empty())
    {
        return Err(database.error(Problem::NoPath));
    }
    let statements = Arc::new(Statements::new(&database.table));
    let connection = when_unlocked(|| writer(database, &statements, table))?;
    let processors = thread::available_parallelism().map_or(2, NonZero::get);
    let here = readers(database, processors.clamp(2, 8))?;
    let elsewhere = readers(database, ELSEWHERE)?;
    let writer = WriterThread {
        connection,
        statements: Arc::clone(&statements),
        database: Arc::clone(database),
    };
    Ok((
        writer,
        Readers::new(here, elsewhere, statements, Arc::clone(database)),
    ))
}

/// Opens a connection that writes, with the table in order.
fn writer(
    database: &Database,
    statements: &Statements,
    table: Table,
) -> Result<Connection, SqliteError> {
    let connection = database.open(table == Table::Migrate);
    let mut connection = connection.map_err(|error| not_opened(database, &error))?;
    let failed = |error| not_opened(database, &error);
    if table == Table::Migrate {
        configure(&connection, database)?;
        migrate::migrate(&mut connection, database)?;
        migrate::check(&connection, statements, database)?;
    } else {
        // Whatever file this is, it stays as it is until that is known.
        migrate::check(&connection, statements, database)?;
        configure(&connection, database)?;
    }
    check_writable(&connection, statements).map_err(failed)?;
    Ok(connection)
}

/// Fails where the file or its folder is read-only. Whoever writes meanwhile is not waited for: one may hold the lock
/// for long.
fn check_writable(connection: &Connection, statements: &Statements) -> rusqlite::Result<()> {
    match statements.write_nothing(connection) {
        Err(error) if Problem::of(&error).is_busy() => Ok(()),
        written => written,
    }
}

/// What went wrong with opening a file, in more words than SQLite has.
fn not_opened(database: &Database, error: &rusqlite::Error) -> SqliteError {
    let problem = Problem::of(error);
    let Some(path) = database.path().filter(|_| problem.is_not_opened()) else {
        return database.error(problem);
    };
    database.error(if path.is_dir() {
        Problem::IsFolder
    } else if path.parent().is_some_and(|folder| !folder.is_dir()) {
        Problem::NoFolder
    } else if !path.exists() {
        Problem::NoFile
    } else {
        problem
    })
}

fn configure(connection: &Connection, database: &Database) -> Result<(), SqliteError> {
    let failed = |error| not_opened(database, &error);
    let synchronous = match database.synchronous {
        Synchronous::Full => "PRAGMA synchronous = FULL",
        Synchronous::Normal => "PRAGMA synchronous = NORMAL",
    };
    connection.execute_batch(synchronous).map_err(failed)?;
    if matches!(database.location, Location::Memory(_)) {
        return Ok(());
    }
    let mode = connection.query_row("PRAGMA journal_mode = WAL", [], |row| {
        row.get::<_, String>(0)
    });
    match mode.map_err(failed)?.as_str() {
        "wal" => Ok(()),
        _ => Err(database.error(Problem::NoWriteAheadLog)),
    }
}

fn readers(database: &Database, count: usize) -> Result<Vec<Connection>, SqliteError> {
    let reader = |_| {
        let connection = database.open(false)?;
        connection.execute_batch("PRAGMA query_only = ON")?;
        Ok(connection)
    };
    let readers: rusqlite::Result<_> = (0..count).map(reader).collect();
    readers.map_err(|error| database.failed(&error))
}

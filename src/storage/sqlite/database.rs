use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::builder::Synchronous;
use super::error::{Problem, SqliteError};
use crate::storage::TableName;

/// How long a write waits for another program that writes: less than the 4 seconds after which the middleware, whose
/// limit is 5, sends it anew, so that a request learns why it failed.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(3);

/// Does it as soon as no other program has the file locked, or gives up.
///
/// SQLite's own waiting looks less and less often, in the end each tenth of a second: that long would a write wait for
/// nothing where another process writes without a pause.
pub(super) fn when_unlocked<T>(
    mut attempt: impl FnMut() -> Result<T, SqliteError>,
) -> Result<T, SqliteError> {
    let begun = Instant::now();
    loop {
        match attempt() {
            Err(error) if error.is_busy() && begun.elapsed() < BUSY_TIMEOUT => {
                thread::sleep(Duration::from_millis(1));
            }
            ended => return ended,
        }
    }
}

/// A database, the table in it, and how it is written.
#[derive(Clone, Debug)]
pub(super) struct Database {
    pub(super) location: Location,
    pub(super) table: TableName,
    pub(super) synchronous: Synchronous,
}

#[derive(Clone, Debug)]
pub(super) enum Location {
    /// An absolute path.
    File(PathBuf),
    /// In this process's memory, under a number of its own.
    Memory(u64),
}

impl Location {
    /// A database in memory that no other connection knows yet.
    pub(super) fn new_in_memory() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        Self::Memory(NUMBER.fetch_add(1, Ordering::Relaxed))
    }
}

impl Database {
    /// The file's path, unless the database is in memory.
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.location {
            Location::File(path) => Some(path),
            Location::Memory(_) => None,
        }
    }

    /// Opens a connection, which waits for no lock, and makes the file if it is to and is not there.
    pub(super) fn open(&self, creates: bool) -> rusqlite::Result<Connection> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags.set(OpenFlags::SQLITE_OPEN_CREATE, creates);
        let connection = match &self.location {
            // Nothing in an absolute path has a meaning to SQLite, unlike in `:memory:` or, as a URI, in `?mode=ro`.
            Location::File(path) => Connection::open_with_flags(path, flags)?,
            Location::Memory(number) => {
                let name = format!("file:/bare-sessions-{number}?vfs=memdb");
                Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_URI)?
            }
        };
        connection.busy_timeout(Duration::ZERO)?;
        Ok(connection)
    }

    pub(super) fn error(&self, problem: Problem) -> SqliteError {
        SqliteError::new(self.to_string(), problem)
    }

    pub(super) fn failed(&self, error: &rusqlite::Error) -> SqliteError {
        self.error(Problem::of(error))
    }
}

/// What an error names.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path() {
            Some(path) => write!(f, "table {} in {}", self.table, path.display()),
            None => write!(f, "table {} in memory", self.table),
        }
    }
}

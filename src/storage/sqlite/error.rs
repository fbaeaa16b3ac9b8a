use std::fmt;

use rusqlite::ffi;

use crate::storage::StorageError;

/// What a call to SQLite came to: where, and why. SQLite's own text is left out, since it may quote values.
#[derive(Clone, Debug)]
pub(super) struct SqliteError {
    place: String,
    problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// SQLite's result code, an extended one where there is one.
    Code(i32),
    /// The driver refused the call.
    Driver,
    NoPath,
    NoFile,
    NoFolder,
    IsFolder,
    NoTable,
    /// The table has other columns or keys than the statements name.
    OtherLayout,
    /// The file system has no shared memory, which a write-ahead log needs.
    NoWriteAheadLog,
    /// A schema was named, and a file has none.
    Schema,
    /// The thread that writes is gone.
    Ended,
}

impl SqliteError {
    pub(super) const fn new(place: String, problem: Problem) -> Self {
        Self { place, problem }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.problem.is_busy()
    }
}

impl Problem {
    pub(super) fn of(error: &rusqlite::Error) -> Self {
        use rusqlite::Error;
        match error {
            Error::SqliteFailure(error, _) | Error::SqlInputError { error, .. } => {
                Self::Code(error.extended_code)
            }
            Error::NulError(_) | Error::InvalidPath(_) => Self::NoPath,
            _ => Self::Driver,
        }
    }

    /// Whether somebody else holds a lock.
    pub(super) const fn is_busy(self) -> bool {
        matches!(self.primary(), Some(ffi::SQLITE_BUSY))
    }

    /// Whether there was nothing that could be opened as a file.
    pub(super) const fn is_not_opened(self) -> bool {
        matches!(self.primary(), Some(ffi::SQLITE_CANTOPEN))
    }

    /// Whether there is no table, or none of sessions.
    const fn is_missing_table(self) -> bool {
        matches!(self, Self::NoTable) || matches!(self.primary(), Some(ffi::SQLITE_ERROR))
    }

    /// The result code without what extends it.
    const fn primary(self) -> Option<i32> {
        match self {
            Self::Code(code) => Some(code & 0xff),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code(code) => match code & 0xff {
                ffi::SQLITE_ERROR => {
                    "the table is missing or of another layout; `SqliteSessionStorage::migrate` creates it"
                }
                ffi::SQLITE_BUSY => "another program has locked the file for too long",
                ffi::SQLITE_READONLY => "the file or its folder is read-only",
                ffi::SQLITE_IOERR => "the disk failed, or has no room",
                ffi::SQLITE_CORRUPT => "the file is damaged",
                ffi::SQLITE_FULL => "the disk is full",
                ffi::SQLITE_CANTOPEN => {
                    "the file, or one beside it, cannot be opened: is it another user's?"
                }
                ffi::SQLITE_NOTADB => "the file is no SQLite database",
                _ => ffi::code_to_str(*code),
            },
            Self::Driver => "the driver refused the call",
            Self::NoPath => "this is no path of a file",
            Self::NoFile => "there is no such file; `SqliteSessionStorage::migrate` creates it",
            Self::NoFolder => "there is no such folder, and SQLite makes none",
            Self::IsFolder => "this is a folder, and not a file",
            Self::NoTable => "there is no such table; `SqliteSessionStorage::migrate` creates it",
            Self::OtherLayout => "the table is not one of sessions: its columns or keys are others",
            Self::NoWriteAheadLog => {
                "the file cannot have a write-ahead log (WAL): is it on another machine's disk?"
            }
            Self::Schema => "a file has no schemas: name the table alone",
            Self::Ended => "the thread that writes has ended",
        })?;
        match self {
            Self::Code(code) => write!(f, " (SQLite's code {code})"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for SqliteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

impl std::error::Error for SqliteError {}

impl From<SqliteError> for StorageError {
    fn from(error: SqliteError) -> Self {
        match error.problem.is_missing_table() {
            true => Self::not_migrated(error),
            false => Self::new(error),
        }
    }
}

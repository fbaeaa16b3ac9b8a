use std::error::Error;
use std::fmt;

use crate::record::DecodeError;

/// What went wrong in a storage.
///
/// Its `source` is the engine's own error. A client is told nothing of either.
///
/// ```
/// use axum_bare_session::storage::{StorageError, StorageErrorKind};
///
/// let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
/// let error = StorageError::new(refused);
/// assert_eq!(error.kind(), StorageErrorKind::Unavailable);
/// // As a `main` prints it that returns the error.
/// assert_eq!(format!("{error:?}"), r#"StorageError { kind: Unavailable, source: Some("connection refused") }"#);
/// ```
pub struct StorageError {
    kind: StorageErrorKind,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What a [`StorageError`] means for the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StorageErrorKind {
    /// The engine failed, or could not be reached. The client may try again.
    Unavailable,
    /// There was no answer within the time limit. Whether a write was applied is not known.
    TimedOut,
    /// The storage holds as many sessions as it may, and none that it may drop.
    Full,
    /// What sessions are kept in, such as a table, is not there, or not of this version's shape: the application has to
    /// call the storage's `migrate` before it serves. Nothing was written.
    NotMigrated,
    /// The stored record cannot be decoded. It is deleted, and the visitor starts afresh.
    Malformed,
    /// The stored record was written by a newer version of this crate. It is left as it is.
    NewerFormat,
}

impl StorageError {
    /// An engine's error: the storage is [`Unavailable`](StorageErrorKind::Unavailable).
    ///
    /// Its text goes into the log, and that of its sources too. Engines quote values in theirs, so give one that has
    /// the engine's code and says what to do, as the storages of this crate do.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind: StorageErrorKind::Unavailable,
            source: Some(source.into()),
        }
    }

    /// Whether it is about one record, which cannot be decoded.
    pub(crate) fn is_of_record(&self) -> bool {
        let kind = self.kind;
        kind == StorageErrorKind::Malformed || kind == StorageErrorKind::NewerFormat
    }

    /// An engine's error that says that its table is missing, or misses a column: the storage is
    /// [`NotMigrated`](StorageErrorKind::NotMigrated).
    ///
    /// ```
    /// use axum_bare_session::storage::{StorageError, StorageErrorKind};
    ///
    /// let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
    /// let error = StorageError::not_migrated(missing);
    /// assert_eq!(error.kind(), StorageErrorKind::NotMigrated);
    /// assert!(error.to_string().contains("call its `migrate`"));
    /// ```
    pub fn not_migrated(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind: StorageErrorKind::NotMigrated,
            source: Some(source.into()),
        }
    }

    pub(crate) const fn timed_out() -> Self {
        Self {
            kind: StorageErrorKind::TimedOut,
            source: None,
        }
    }

    pub(super) const fn full() -> Self {
        Self {
            kind: StorageErrorKind::Full,
            source: None,
        }
    }

    /// Whether it is certain that a write was not applied, now or later.
    pub(crate) fn wrote_nothing(&self) -> bool {
        matches!(
            self.kind,
            StorageErrorKind::Full | StorageErrorKind::NotMigrated
        )
    }

    /// What it means for the session.
    #[must_use]
    pub const fn kind(&self) -> StorageErrorKind {
        self.kind
    }
}

impl From<DecodeError> for StorageError {
    fn from(error: DecodeError) -> Self {
        let kind = match error {
            DecodeError::NewerFormat { .. } => StorageErrorKind::NewerFormat,
            DecodeError::Malformed { .. } => StorageErrorKind::Malformed,
        };
        Self {
            kind,
            source: Some(error.into()),
        }
    }
}

/// With the source's text, which says what to do, and not the source's own `Debug`: a `main` that returns this error
/// prints nothing else.
impl fmt::Debug for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = self.source.as_ref().map(ToString::to_string);
        f.debug_struct("StorageError")
            .field("kind", &self.kind)
            .field("source", &source)
            .finish()
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            StorageErrorKind::Unavailable => "the session storage failed",
            StorageErrorKind::TimedOut => {
                "the session storage gave no answer within its time limit"
            }
            StorageErrorKind::Full => "the session storage is full",
            StorageErrorKind::NotMigrated => {
                "the session storage has no table: call its `migrate` before the application serves"
            }
            StorageErrorKind::Malformed => "the stored session cannot be decoded",
            StorageErrorKind::NewerFormat => "the stored session has a newer format",
        })
    }
}

impl Error for StorageError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

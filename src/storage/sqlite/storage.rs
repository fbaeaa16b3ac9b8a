use std::fmt;
use std::path::Path;
use std::sync::Arc;

use futures_util::stream::BoxStream;

use super::SqliteSessionStorageBuilder;
use super::database::{Database, Location};
use super::open::{Table, open};
use super::readers::Readers;
use super::statements::BATCH;
use super::writer::Writer;
use crate::record::{SessionId, SessionRecord, Timestamp, Version};
use crate::storage::sql;
use crate::storage::sql::row::listed;
use crate::storage::{Owned, Saved, SessionStorage, StorageError};

/// Keeps sessions in a table of an SQLite file, for one machine and as long as its disk.
///
/// A clone shares the connections. Any number of processes may share a file, and an application may keep tables of its
/// own in it.
///
/// ```
/// use axum::Router;
/// use axum_bare_session::{SqliteSessionStorage, add_session_middleware};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # let folder = std::env::temp_dir().join(format!("storage-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("sessions.db");
/// let storage = SqliteSessionStorage::migrate(path).await?; // such as "sessions.db"
/// let app: Router = add_session_middleware(Router::new(), storage);
/// # drop(app);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # The table
///
/// | column | type | |
/// |---|---|---|
/// | `id` | `BLOB` | the 16 bytes of the public id |
/// | `version` | `INTEGER` | what every write compares |
/// | `last_seen`, `expires_at` | `INTEGER` | microseconds; the only place where a touch writes |
/// | `owner` | `BLOB` | any text, compared byte by byte |
/// | `record` | `TEXT` | all of it as JSON; holds the secret's digest only |
///
/// `datetime(expires_at / 1000000, 'unixepoch')` shows a time, and `record ->> 'values'` the values.
///
/// Expired sessions stay in it until [`Sessions::delete_expired`](crate::Sessions::delete_expired) is called, or
/// [`delete_expired_every`](crate::Sessions::delete_expired_every) runs: it deletes 1,000 rows at a time, and lets
/// others write in between.
///
/// # Writes
///
/// One thread writes, over one connection: what waits for it goes into one transaction, up to 256 writes, which waits
/// for the disk once for all of them. Each is answered by itself, after that transaction is committed; one that
/// conflicts or fails undoes none of the others. What was answered survives the process, and a power failure, but for
/// [`Synchronous::Normal`](crate::storage::Synchronous::Normal). Where the transaction fails, on a full disk
/// for example, all of it is undone, and each of its writes is answered with the error.
///
/// A write waits 3 seconds for another program that holds the file's write lock, and then fails, as does all that came
/// meanwhile. The thread ends with the last clone, after what waits; a request given up, or a runtime that ends,
/// undoes no write.
///
/// # Reads
///
/// Reads have connections of their own, one for each processor (2 to 8) and four more, and see what was last committed:
/// the file has a write-ahead log (WAL), so that no reader waits for a writer, of whatever process.
///
/// A load takes a few microseconds where its pages are in memory, and runs on the thread that asks. While one takes a
/// millisecond or longer, since the disk is read, the next 16 go to the runtime's threads for blocking calls, and twice
/// as many each time that the one after those is slow again, up to 4,096. So the disk holds up other requests at most
/// once in so many loads. Lists always go there. Four reads at most run there at once, and others wait for them.
#[derive(Clone)]
pub struct SqliteSessionStorage {
    database: Arc<Database>,
    // Closed first, so that the thread that writes is the last, and brings what the log holds into the file.
    readers: Arc<Readers>,
    writer: Arc<Writer>,
}

impl SqliteSessionStorage {
    /// Opens the file at `path`, in which [`migrate`](Self::migrate) has made the table `bare_sessions`.
    ///
    /// A path is a path: no part of it has a meaning to SQLite. The file is set to a write-ahead log, if it has none.
    ///
    /// ```no_run
    /// use axum_bare_session::SqliteSessionStorage;
    ///
    /// # async fn connect() -> Result<(), axum_bare_session::storage::StorageError> {
    /// let storage = SqliteSessionStorage::connect("/var/lib/app/sessions.db").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such file, or none that can be read and written; if the table is missing, or none of sessions; or
    /// if another program keeps the file locked. The error names the path.
    pub async fn connect(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        Self::builder(path).connect().await
    }

    /// Opens the file at `path`, and creates what is not there: the file, the table `bare_sessions` and its indexes.
    ///
    /// Any number of processes may do so at once. Where all is there, nothing is written.
    ///
    /// ```no_run
    /// use axum_bare_session::SqliteSessionStorage;
    ///
    /// # async fn migrate() -> Result<(), axum_bare_session::storage::StorageError> {
    /// let storage = SqliteSessionStorage::migrate("sessions.db").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect), and if what is missing cannot be made: the folder has to be there.
    pub async fn migrate(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        Self::builder(path).migrate().await
    }

    /// Begins to say how the file at `path` is opened.
    ///
    /// ```no_run
    /// use axum_bare_session::SqliteSessionStorage;
    /// use axum_bare_session::storage::TableName;
    ///
    /// # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
    /// let storage = SqliteSessionStorage::builder("app.db")
    ///     .table(TableName::new("sessions")?)
    ///     .connect()
    ///     .await?;
    /// # Ok(()) }
    /// ```
    pub fn builder(path: impl AsRef<Path>) -> SqliteSessionStorageBuilder {
        SqliteSessionStorageBuilder::of_file(path.as_ref())
    }

    /// Makes a database in memory, with the table in it, that goes with the last clone: for tests.
    ///
    /// A reader may wait for a writer there, as memory has no write-ahead log.
    ///
    /// ```
    /// use axum_bare_session::SqliteSessionStorage;
    ///
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// let storage = SqliteSessionStorage::in_memory().await?;
    /// # Ok::<(), axum_bare_session::storage::StorageError>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no memory or no thread to be had.
    pub async fn in_memory() -> Result<Self, StorageError> {
        let builder = SqliteSessionStorageBuilder::new(Location::new_in_memory());
        builder.migrate().await
    }

    pub(super) async fn open(database: Arc<Database>, table: Table) -> Result<Self, StorageError> {
        let (readers, writer) = open(Arc::clone(&database), table).await?;
        Ok(Self {
            database,
            readers: Arc::new(readers),
            writer: Arc::new(writer),
        })
    }
}

impl SessionStorage for SqliteSessionStorage {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        let load = self
            .readers
            .read(move |connection, statements| statements.load(connection, id));
        let stored = load.await?.transpose()?;
        Ok(stored.map(Arc::new))
    }

    fn ids(&self) -> BoxStream<'_, Result<SessionId, StorageError>> {
        sql::ids(move |from| async move {
            let ids = self
                .readers
                .read_many(move |connection, statements| statements.ids(connection, from));
            Ok(ids.await?)
        })
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        let json = record.to_json().map_err(StorageError::new)?;
        let json = String::from_utf8(json).map_err(StorageError::new)?;
        let save = self.writer.write(move |connection, statements| {
            if statements.save(connection, id, &record, &json, expected)? {
                return Ok(None);
            }
            // Within the same transaction, so this is what the save conflicted with.
            Ok(Some(statements.load(connection, id)?))
        });
        Ok(match save.await? {
            None => Saved::Done,
            Some(stored) => Saved::Conflict(stored.transpose()?.map(Arc::new)),
        })
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        let touch = self.writer.write(move |connection, statements| {
            statements.touch(connection, id, expected, last_seen, expires_at)
        });
        Ok(touch.await?)
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        let delete = self
            .writer
            .write(move |connection, statements| statements.delete(connection, id));
        Ok(delete.await?)
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        let of = owner.to_owned();
        let list = self
            .readers
            .read_many(move |connection, statements| statements.list(connection, &of, now));
        let rows = list.await?;
        let rows = rows.iter().map(|row| match row {
            Ok(row) => Ok(row.columns()),
            Err(error) => Err(error.clone().into()),
        });
        listed(owner, rows)
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        let owner = owner.to_owned();
        let delete = self.writer.write(move |connection, statements| {
            statements.delete_owned(connection, &owner, which, now)
        });
        Ok(delete.await?)
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        let mut deleted = 0;
        loop {
            let batch = self
                .writer
                .write(move |connection, statements| statements.delete_expired(connection, now));
            let batch = batch.await?;
            deleted += batch.sessions;
            if batch.rows < BATCH {
                return Ok(deleted);
            }
        }
    }
}

impl fmt::Debug for SqliteSessionStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteSessionStorage")
            .field("path", &self.database.path())
            .field("table", &self.database.table)
            .field("synchronous", &self.database.synchronous)
            .finish_non_exhaustive()
    }
}

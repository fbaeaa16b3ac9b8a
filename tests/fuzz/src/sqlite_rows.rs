use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum_bare_session::SqliteSessionStorage;
use axum_bare_session::storage::{
    Owned, Saved, SessionRecord, SessionStorage, StorageErrorKind, Timestamp,
};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, params};
use tokio::runtime::{Builder, Runtime};

use crate::house::now;
use crate::outside::{self, Outside, Told, assert_loads, list};

const OWNER: &str = "ann";

thread_local! {
    static TABLE: Table = Table::new();
}

/// What stands in a row, of whatever types, is read or refused; what is written is read again as it was.
pub fn sqlite_rows(input: &[u8]) {
    TABLE.with(|table| table.check(input));
}

/// A table that the storage shares with a program that writes what it likes.
struct Table {
    runtime: Runtime,
    storage: SqliteSessionStorage,
    other: Connection,
    folder: PathBuf,
}

impl Table {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("sqlite-rows-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).expect("there is room");
        let runtime = Builder::new_current_thread().enable_time().build();
        let runtime = runtime.expect("there is room");
        let file = folder.join("sessions.db");
        let storage = runtime.block_on(SqliteSessionStorage::migrate(&file));
        let other = Connection::open(file).expect("it is there");
        other
            .pragma_update(None, "synchronous", "OFF")
            .expect("it is known");
        Self {
            runtime,
            storage: storage.expect("there is room"),
            other,
            folder,
        }
    }

    fn check(&self, input: &[u8]) {
        let Some((&[kinds], rest)) = input.split_first_chunk() else {
            return;
        };
        let (numbers, record) = rest.split_at(rest.len().min(24));
        let column = |at: usize| {
            let bytes = numbers.get(8 * at..8 * at + 8).unwrap_or(&[]);
            let number = bytes.try_into().map_or(0, i64::from_be_bytes);
            ToSqlOutput::Borrowed(match kinds >> (2 * at) & 3 {
                0 | 1 => ValueRef::Integer(number),
                2 => ValueRef::Text(bytes),
                _ => ValueRef::Blob(bytes),
            })
        };
        let record = ToSqlOutput::Borrowed(match kinds >> 6 {
            0 | 1 => ValueRef::Text(record),
            2 => ValueRef::Blob(record),
            _ => ValueRef::Real(0.5),
        });
        self.clear();
        let insert = "INSERT INTO bare_sessions (id, version, last_seen, expires_at, owner, record) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let (id, owner) = (outside::id(), OWNER.as_bytes());
        let (version, last_seen, expires_at) = (column(0), column(1), column(2));
        let row = params![
            &id.as_bytes()[..],
            version,
            last_seen,
            expires_at,
            owner,
            record
        ];
        let mut insert = self
            .other
            .prepare_cached(insert)
            .expect("it is a statement");
        insert.execute(row).expect("the row fits");
        self.assert_read();

        // A write waits for the disk, so not all do.
        if input.len().is_multiple_of(8) {
            self.assert_written(&outside::record(rest));
        }
    }

    fn assert_read(&self) {
        let (outside, expected) = self.told();
        self.runtime.block_on(async {
            let loaded = self.storage.load(outside::id()).await;
            assert_loads(loaded, &expected);
            let known = outside.and_then(|outside| outside.listed(&expected));
            let known = known.filter(|record| record.expires_at > Timestamp::from(now()));
            let known = known.map(|record| (outside::id(), record));
            assert_eq!(list(&self.storage, OWNER).await, known);
            assert_eq!(list(&self.storage, "ben").await, None);
        });
    }

    fn assert_written(&self, record: &SessionRecord) {
        self.clear();
        self.runtime.block_on(async {
            let mut owned = record.clone();
            owned.owner = Some(OWNER.into());
            let saved = self
                .storage
                .save(outside::id(), Arc::new(owned.clone()), None);
            assert_eq!(saved.await.expect("there is room"), Saved::Done);
            assert_loads(self.storage.load(outside::id()).await, &Ok(owned));
            let was_alive = record.expires_at > Timestamp::from(now());
            let ended = self.storage.delete_owned(OWNER, Owned::All, now().into());
            let alive: Vec<_> = was_alive.then(outside::id).into_iter().collect();
            assert_eq!(ended.await.expect("it deletes"), alive);
            let left = self.storage.load(outside::id()).await.expect("it loads");
            assert!(left.is_none());
        });
    }

    fn clear(&self) {
        let cleared = self.other.execute("DELETE FROM bare_sessions", []);
        cleared.expect("nobody else writes");
    }

    /// What stands in the row, as the other connection reads it, and what the storage is to tell of it.
    fn told(&self) -> (Option<Outside>, Told) {
        let select = "SELECT version, last_seen, expires_at, record FROM bare_sessions";
        let mut select = self
            .other
            .prepare_cached(select)
            .expect("it is a statement");
        let mut rows = select.query([]).expect("it is read");
        let row = rows.next().expect("it is read").expect("there is one");
        let number = |at| match row.get_ref(at) {
            Ok(ValueRef::Integer(number)) => Some(number),
            _ => None,
        };
        let (Some(version), Some(last_seen), Some(expires_at), Ok(record)) =
            (number(0), number(1), number(2), row.get_ref(3))
        else {
            return (None, Err(StorageErrorKind::Malformed));
        };
        let outside = Outside {
            version: version.cast_unsigned(),
            last_seen,
            expires_at,
            owner: Some(OWNER.to_owned()),
        };
        let told = match record {
            ValueRef::Text(json) | ValueRef::Blob(json) => outside.loaded(json),
            _ => Err(StorageErrorKind::Malformed),
        };
        (Some(outside), told)
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

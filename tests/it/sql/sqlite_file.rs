//! What is SQLite's own: one file, which is closed with its storage, and one transaction for many writes.

use axum::http::StatusCode;
use axum_bare_session::SqliteSessionStorage;
use axum_bare_session::storage::{
    Saved, SessionStorage, StorageErrorKind, Synchronous, TableName, Version,
};
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::time::{Duration, sleep, timeout};
use uuid::Uuid;

use super::app::{app, id};
use super::database::{Database, migrated};
use super::sqlite::Sqlite;
use super::table::record;

#[tokio::test]
async fn sessions_outlive_the_connection() {
    let (file, storage) = migrated::<Sqlite>("kept").await;
    let mut first = app(storage);
    first.post("/count").await;
    let mut second = app(file.connect().await.unwrap());
    second.cookies = first.cookies.clone();
    drop(first);
    assert_eq!(second.get("/counted").await.body, "1");
}

#[tokio::test]
async fn the_file_is_closed_with_the_last_clone_and_has_all_that_was_asked_for() {
    let (file, storage) = migrated::<Sqlite>("closed").await;
    let log = file.dir.join("sessions.db-wal");
    let given_up: Vec<_> = (0..1_000).map(|_| Uuid::new_v4().into()).collect();
    for id in &given_up {
        // Polled once: the write has begun to wait for its commit.
        let _ = storage.save(*id, record(None), None).now_or_never();
    }
    let clone = storage.clone();
    drop(storage);
    sleep(Duration::from_millis(300)).await;
    assert!(log.exists(), "a clone has it open");
    drop(clone);
    let closed = async {
        while log.exists() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), closed).await.unwrap();
    let count = "SELECT COUNT(*) FROM closed WHERE version = 1";
    let count = file.other_program().query_row(count, [], |row| row.get(0));
    assert_eq!(count, Ok(1_000i64), "each was written once");
}

#[tokio::test]
async fn of_writes_that_are_committed_together_each_has_its_own_answer() {
    let (file, storage) = migrated::<Sqlite>("grouped").await;
    for (owner, end) in [("abort", "ABORT"), ("rollback", "ROLLBACK")] {
        let trigger = format!(
            "CREATE TRIGGER {owner} BEFORE INSERT ON grouped WHEN NEW.owner = CAST('{owner}' AS BLOB) \
             BEGIN SELECT RAISE({end}, 'a text of the application''s'); END"
        );
        file.execute(&trigger).await;
    }
    for round in 0..20 {
        let ids: Vec<_> = (0..64).map(|_| Uuid::new_v4().into()).collect();
        let there = ids[7];
        let first = record(Some("first"));
        let saved = storage.save(there, first.clone(), None).await;
        assert_eq!(saved.unwrap(), Saved::Done);
        let owner = |at| match at {
            20 => "abort",
            40 if round % 2 == 1 => "rollback",
            _ => "ann",
        };
        let saves = ids.iter().enumerate();
        let saves = saves.map(|(at, id)| storage.save(*id, record(Some(owner(at))), None));
        let answers = join_all(saves).await;
        for (at, (id, answer)) in ids.iter().zip(answers).enumerate() {
            let stored = storage.load(*id).await.unwrap();
            match answer {
                Ok(Saved::Done) => {
                    assert!(stored.is_some_and(|found| found.owner.as_deref() == Some("ann")))
                }
                Ok(Saved::Conflict(found)) => {
                    assert_eq!((*id, found.as_ref()), (there, Some(&first)));
                }
                Err(error) => {
                    assert!(stored.is_none() || *id == there, "what failed is not there");
                    assert!(at == 20 || round % 2 == 1, "{at} fails with another");
                    let chain = super::table::chain(&error);
                    assert!(!chain.contains("application"), "{chain}");
                }
            }
        }
    }
}

#[test]
fn a_runtime_that_ends_leaves_the_storage_to_another() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().unwrap()
    };
    let first = runtime();
    let (file, storage) = first.block_on(migrated::<Sqlite>("runtimes"));
    let tasks: Vec<_> = (0..200)
        .map(|at| {
            let storage = storage.clone();
            first.spawn(async move {
                let id = Uuid::new_v4().into();
                let saved = storage.save(id, record(Some(&at.to_string())), None).await;
                (id, saved, storage.list("0", record(None).last_seen).await)
            })
        })
        .collect();
    first.shutdown_background();
    let second = runtime();
    second.block_on(async {
        for task in tasks {
            match task.await {
                Ok((id, saved, _)) => {
                    assert_eq!(saved.unwrap(), Saved::Done);
                    assert!(storage.load(id).await.unwrap().is_some());
                }
                Err(error) => assert!(error.is_cancelled(), "{error}"),
            }
        }
        let (id, owned) = (Uuid::new_v4().into(), record(Some("owner")));
        let saved = storage.save(id, owned.clone(), None).await;
        assert_eq!(saved.unwrap(), Saved::Done);
        assert_eq!(
            storage.list("owner", owned.last_seen).await.unwrap().len(),
            1
        );
    });
    drop(file);
}

#[tokio::test]
async fn with_another_synchronous_the_contract_is_the_same() {
    let file = Sqlite::new("bare_sessions").await;
    let storage = SqliteSessionStorage::builder(file.file()).synchronous(Synchronous::Normal);
    let storage = storage.migrate().await.unwrap();
    assert!(format!("{storage:?}").contains("Normal"));
    let id = Uuid::new_v4().into();
    let saved = storage.save(id, record(None), None).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    let mut next = record(None).as_ref().clone();
    next.version = next.version.next();
    let saved = storage.save(id, next.into(), Some(Version::FIRST)).await;
    assert_eq!(saved.unwrap(), Saved::Done);
}

#[tokio::test]
async fn a_table_that_sqlx_made_goes_on() {
    let (file, storage) = migrated::<Sqlite>("before").await;
    drop(storage);
    // As this crate made it while it was built on sqlx, word for word.
    file.execute(
        "DROP TABLE before; \
         CREATE TABLE IF NOT EXISTS \"before\" (\
         id BLOB NOT NULL PRIMARY KEY, version INTEGER NOT NULL, last_seen INTEGER NOT NULL, \
         expires_at INTEGER NOT NULL, owner BLOB, record TEXT NOT NULL);\n\
         CREATE INDEX IF NOT EXISTS \"before_expires_at\" ON \"before\" (expires_at);\n\
         CREATE INDEX IF NOT EXISTS \"before_owner\" ON \"before\" (owner) WHERE owner IS NOT NULL;\n",
    )
    .await;
    let mut browser = app(file.connect().await.unwrap());
    assert_eq!(browser.post("/count").await.status, StatusCode::OK);
    let mut same = app(file.migrate().await.unwrap());
    same.cookies = browser.cookies.clone();
    assert_eq!(same.get("/counted").await.body, "1");
}

#[tokio::test]
async fn a_row_with_values_of_other_types_is_malformed() {
    for (table, change) in [
        ("types_1", "version = 'one'"),
        ("types_2", "expires_at = 1.5"),
        ("types_3", "last_seen = x'00'"),
        ("types_4", "record = x'ff'"),
        ("types_5", "expires_at = 9223372036854775807"),
    ] {
        let (file, storage) = migrated::<Sqlite>(table).await;
        let mut visitor = app(storage.clone());
        visitor.post("/count").await;
        let id = id(&visitor.cookie().unwrap());
        file.execute(&format!("UPDATE {table} SET {change}")).await;
        let error = storage.load(id).await.unwrap_err();
        assert_eq!(error.kind(), StorageErrorKind::Malformed, "{change}");
        assert_eq!(visitor.get("/counted").await.body, "0");
    }
}

#[tokio::test]
async fn a_schema_is_refused() {
    let file = Sqlite::new("schema").await;
    let table = TableName::default().in_schema("main").unwrap();
    let builder = SqliteSessionStorage::builder(file.file()).table(table);
    let error = builder.migrate().await.unwrap_err();
    assert!(super::table::chain(&error).contains("no schemas"));
    assert!(!file.file().exists());
}

/// A table that was copied without its indexes, say.
#[tokio::test]
async fn what_is_missing_of_a_table_is_made() {
    let (file, storage) = migrated::<Sqlite>("copied").await;
    drop(storage);
    file.execute("DROP INDEX copied_owner; DROP INDEX copied_expires_at")
        .await;
    file.migrate().await.unwrap();
    let count = "SELECT COUNT(*) FROM sqlite_master WHERE tbl_name = 'copied' AND sql IS NOT NULL";
    let count = file.other_program().query_row(count, [], |row| row.get(0));
    assert_eq!(count, Ok(3i64), "the table and both indexes");
}

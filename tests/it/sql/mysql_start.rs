//! How a storage on MySQL begins: what it says where it cannot, and what becomes of a table of the first layout.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum_bare_session::MySqlSessionStorage;
use axum_bare_session::storage::{SessionStorage, StorageError, StorageErrorKind, TableName};
use futures_util::future::join_all;
use mysql_async::prelude::Queryable;
use uuid::Uuid;

use super::mysql::{PASSWORD, builder, connection, execute, server, url};
use super::table::{chain, record};

/// What this crate created before times were numbers.
const FIRST_LAYOUT: &str = "CREATE TABLE IF NOT EXISTS `bare_sessions` (\
    id BINARY(16) NOT NULL PRIMARY KEY, \
    version BIGINT NOT NULL, \
    last_seen DATETIME(6) NOT NULL, \
    expires_at DATETIME(6) NOT NULL, \
    owner LONGBLOB, \
    record LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, \
    INDEX expires_at (expires_at), \
    INDEX owner (owner(64))\
    ) ENGINE = InnoDB";

fn refused(connected: Result<MySqlSessionStorage, StorageError>) -> String {
    let error = connected.expect_err("it does not begin");
    let kinds = [StorageErrorKind::Unavailable, StorageErrorKind::NotMigrated];
    assert!(kinds.contains(&error.kind()), "{error:?}");
    let shown = chain(&error);
    assert!(!shown.contains("horse"), "it shows a password: {shown}");
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_the_first_layout_is_brought_up_to_date_once_by_many() {
    let server = server();
    let model = builder(&server)
        .await
        .table(TableName::new("model").unwrap());
    let model = model.migrate().await.unwrap();
    let mut saved = Vec::new();
    for (at, owner) in [None, Some("ann"), Some("\u{1f36a}")]
        .into_iter()
        .enumerate()
    {
        let mut record = record(owner).as_ref().clone();
        record.values.insert("text", "\u{1f36a}").unwrap();
        let (id, record) = (Uuid::from_u128(at as u128).into(), Arc::new(record));
        let _ = model.save(id, Arc::clone(&record), None).await.unwrap();
        saved.push((id, record));
    }
    let mut conn = connection(&server).await;
    for interrupted_after in 0..3 {
        execute(&mut conn, "DROP TABLE IF EXISTS bare_sessions").await;
        execute(&mut conn, FIRST_LAYOUT).await;
        let time =
            |column| format!("TIMESTAMP'1970-01-01 00:00:00' + INTERVAL {column} MICROSECOND");
        let copy = format!(
            "INSERT INTO bare_sessions SELECT id, version, {}, {}, owner, record FROM model",
            time("last_seen_micros"),
            time("expires_at_micros")
        );
        assert_eq!(execute(&mut conn, &copy).await, 3);
        let shown = refused(builder(&server).await.connect().await);
        assert!(shown.contains("`MySqlSessionStorage::migrate`"), "{shown}");
        // A process that ended in the middle of it.
        let micros = |column| {
            format!(
                "BIGINT AS (TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', {column})) STORED"
            )
        };
        if interrupted_after > 0 {
            let add = format!(
                "ALTER TABLE bare_sessions ADD last_seen_micros {}, ADD expires_at_micros {}",
                micros("last_seen"),
                micros("expires_at")
            );
            execute(&mut conn, &add).await;
        }
        if interrupted_after > 1 {
            let keep = "ALTER TABLE bare_sessions MODIFY last_seen_micros BIGINT NOT NULL, \
                MODIFY expires_at_micros BIGINT NOT NULL, MODIFY record LONGBLOB NOT NULL, \
                ADD INDEX expires_at_micros (expires_at_micros)";
            execute(&mut conn, keep).await;
        }
        let url = url(&server, PASSWORD);
        let migrations = (0..8).map(|_| {
            let url = url.clone();
            tokio::spawn(async move { MySqlSessionStorage::migrate(&url).await })
        });
        for migrated in join_all(migrations).await {
            let storage = migrated.unwrap().unwrap();
            for (id, record) in &saved {
                assert_eq!(storage.load(*id).await.unwrap().as_ref(), Some(record));
            }
        }
        MySqlSessionStorage::connect(&url).await.unwrap();
        let columns = "SELECT column_name, column_type, is_nullable, column_key FROM information_schema.columns \
            WHERE table_schema = 'app' AND table_name = ? ORDER BY column_name";
        let columns = conn.prep(columns).await.unwrap();
        type Column = (String, String, String, String);
        let migrated: Vec<Column> = conn.exec(&columns, ("bare_sessions",)).await.unwrap();
        let model: Vec<Column> = conn.exec(&columns, ("model",)).await.unwrap();
        assert_eq!(migrated, model);
    }
}

#[tokio::test]
async fn what_is_wrong_at_the_start_is_told_with_what_to_do() {
    let server = server();
    let root = connection(&server).await;
    let url = |user: &str, password: &str, database: &str| {
        format!(
            "mysql://{user}:{password}@127.0.0.1:{}/{database}",
            server.port
        )
    };
    let connect = async |url: &str| refused(MySqlSessionStorage::connect(url).await);
    for (url, means) in [
        (
            url("app", PASSWORD, "app"),
            "no table bare_sessions: `MySqlSessionStorage::migrate` makes it",
        ),
        (
            url("app", "wrong-horse-battery", "app"),
            "the user \"app\" or the password is wrong",
        ),
        (
            url("app", PASSWORD, "nothing"),
            "may not use the database \"nothing\"",
        ),
        (
            url("app", PASSWORD, ""),
            "no database is named: the URL ends with /database",
        ),
        (
            "postgres://app:correct-horse-battery@localhost/app".to_owned(),
            "does not begin with mysql://",
        ),
        (
            "?".to_owned(),
            "should look like mysql://user:password@host:3306/database",
        ),
        ("mysql://app:?horse@127.0.0.1/app".to_owned(), "`?` as %3F"),
        (
            format!("mysql://127.0.0.1:{}/horse@127.0.0.1/app", server.port),
            "`/` as %2F",
        ),
        (
            url("app", PASSWORD, "app") + "?ssl-mode=horse",
            "has no parameter \"ssl-mode\"",
        ),
        (
            url("app", PASSWORD, "app") + "?require_ssl=horse",
            "\"require_ssl\" does not take this value",
        ),
    ] {
        let shown = connect(&url).await;
        assert!(shown.contains(means), "{means}: {shown}");
    }
    let storage = builder(&server).await.migrate().await.unwrap();
    drop(storage);
    let reader = ["GRANT SELECT ON app.* TO reader@'%' IDENTIFIED BY 'horse'"];
    let mut admin = super::mysql::admin(&server).await;
    for sql in reader {
        admin.query_drop(sql).await.unwrap();
    }
    let shown = connect(&url("reader", "horse", "app")).await;
    assert!(
        shown.contains("\"reader\" lacks a privilege on the table bare_sessions"),
        "{shown}"
    );
    admin.query_drop("SET GLOBAL read_only = 1").await.unwrap();
    let shown = connect(&url("app", PASSWORD, "app")).await;
    assert!(
        shown.contains("takes no writes: is it a replica?"),
        "{shown}"
    );
    admin.query_drop("SET GLOBAL read_only = 0").await.unwrap();
    root.disconnect().await.unwrap();

    server.kill();
    let shown = connect(&url("app", PASSWORD, "app")).await;
    assert!(
        shown.contains(&format!("127.0.0.1:{}: ", server.port)),
        "{shown}"
    );
}

#[tokio::test]
async fn a_server_that_hangs_is_waited_for_for_10_seconds_at_most() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("mysql://app:horse@{}/app", silent.local_addr().unwrap());
    let begun = Instant::now();
    let shown = refused(MySqlSessionStorage::connect(&url).await);
    assert!(shown.contains("hangs"), "{shown}");
    assert!(begun.elapsed() < Duration::from_secs(12));
}

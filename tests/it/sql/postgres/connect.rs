//! Connecting: what is proved, and what the errors say.

use std::error::Error;
use std::time::{Duration, Instant};

use axum_bare_session::PostgresSessionStorage;
use axum_bare_session::storage::{
    PostgresSessionStorageBuilder, SessionRecord, SessionStorage, StorageError, TableName,
};
use tokio_postgres::Config;
use uuid::Uuid;

use super::{
    PASSWORD, SHARED, builder, client, execute, shared, shared_url, url, url_with_password,
};
use crate::sql::database::new_table;
use crate::sql::server::Server;
use crate::sql::table::{chain, record};

/// What the error says, which shows no password.
fn message(error: &StorageError) -> String {
    let all = chain(error);
    assert!(!all.contains("horse"), "it shows a password: {all}");
    error.source().unwrap().to_string()
}

async fn refusal(builder: PostgresSessionStorageBuilder) -> String {
    message(&builder.connect().await.unwrap_err())
}

fn table(name: &str) -> TableName {
    TableName::new(name).unwrap()
}

#[tokio::test]
async fn a_table_that_is_missing_is_told_with_the_call_that_makes_it() {
    let missing = builder(&SHARED).await.table(table("missing"));
    let told = refusal(missing).await;
    assert!(
        told.contains("missing") && told.contains("migrate"),
        "{told}"
    );
    let elsewhere = table("sessions").in_schema("no_such_schema").unwrap();
    let told = refusal(builder(&SHARED).await.table(elsewhere)).await;
    assert!(told.contains("no_such_schema.sessions"), "{told}");
}

#[tokio::test]
async fn a_table_of_another_application_is_told() {
    let client = shared().await;
    let foreign = [
        ("foreign_1", "id uuid"),
        (
            "foreign_2",
            "id text, version bigint, last_seen int, expires_at int, owner text, record int",
        ),
        // What is written as literals fits in these, and what is loaded does not come out.
        (
            "foreign_3",
            "id uuid, version bigint, last_seen timestamptz, expires_at timestamptz, owner bytea, record jsonb",
        ),
        (
            "foreign_4",
            "id uuid, version bigint, last_seen timestamp, expires_at timestamp, owner bytea, record json",
        ),
        (
            "foreign_5",
            "id uuid, version bigint, last_seen timestamptz, expires_at timestamptz, owner text, record json",
        ),
        (
            "foreign_6",
            "id uuid, version int, last_seen timestamptz, expires_at timestamptz, owner bytea, record json",
        ),
    ];
    for (name, columns) in foreign {
        execute(&client, &format!("CREATE TABLE {name} ({columns})")).await;
        let told = refusal(builder(&SHARED).await.table(table(name))).await;
        assert!(
            told.contains(name) && told.contains("not one of sessions"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_user_without_a_permission_is_told_which_are_needed() {
    let client = shared().await;
    let name = new_table();
    let owned = builder(&SHARED).await.table(name.clone());
    owned.migrate().await.unwrap();
    execute(&client, "CREATE USER reader PASSWORD 'pale-horse'").await;
    execute(&client, &format!("GRANT SELECT ON {name} TO reader")).await;
    let url = url(&SHARED).replace(&format!("app:{PASSWORD}"), "reader:pale-horse");
    let reader = || PostgresSessionStorage::builder(&url).table(name.clone());
    for error in [reader().connect().await, reader().migrate().await] {
        let told = message(&error.unwrap_err());
        assert!(
            told.contains("\"reader\"") && told.contains("UPDATE"),
            "{told}"
        );
    }
    // Who may not create tables may migrate all the same where it is there.
    execute(
        &client,
        &format!("GRANT INSERT, UPDATE, DELETE ON {name} TO reader"),
    )
    .await;
    let storage = reader().migrate().await.unwrap();
    let id = Uuid::new_v4().into();
    let _ = storage.save(id, record(None), None).await.unwrap();
    let count = format!("SELECT count(*) FROM {name}");
    assert_eq!(
        super::number(&client, &count).await,
        1,
        "connecting left something"
    );
}

#[tokio::test]
async fn credentials_and_databases_that_are_wrong_are_told() {
    shared().await;
    let wrong = url_with_password(&SHARED, "wrong-horse");
    let told = refusal(PostgresSessionStorage::builder(&wrong)).await;
    assert!(told.contains("password of the user \"app\""), "{told}");
    let none = url(&SHARED).replace(&format!(":{PASSWORD}"), "");
    let told = refusal(PostgresSessionStorage::builder(&none)).await;
    assert!(told.contains("password"), "{told}");
    let told = refusal(PostgresSessionStorage::builder(&shared_url("nowhere"))).await;
    assert!(told.contains("no database \"nowhere\""), "{told}");
}

#[tokio::test]
async fn a_database_that_keeps_not_every_text_is_told() {
    let latin =
        "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0";
    execute(&shared().await, latin).await;
    let latin = || PostgresSessionStorage::builder(&shared_url("latin"));
    for error in [latin().migrate().await, latin().connect().await] {
        let told = message(&error.unwrap_err());
        assert!(
            told.contains("\"latin\"") && told.contains("ENCODING 'UTF8'"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn what_is_no_url_is_told_without_showing_it() {
    let bad = [
        "mysql://app:horse@localhost/app",
        "postgres://app:horse@localhost:port/app",
        "postgres://app:horse@localhost/app?sslmode=verify-full",
        "postgres://app:wild@horse@localhost/app",
        "postgres://app:wild@127.0.0.1/horse@localhost/app",
    ];
    for url in bad {
        let builder = PostgresSessionStorage::builder(url);
        assert!(!format!("{builder:?}").contains("horse"));
        let told = message(&builder.connect_lazily().unwrap_err());
        assert!(told.starts_with("not a PostgreSQL URL"), "{url}: {told}");
    }
}

#[tokio::test]
async fn tls_without_a_connector_is_told() {
    let url = "postgres://app:horse@localhost/app?sslmode=require";
    let builder = PostgresSessionStorage::builder(url);
    let told = message(&builder.connect_lazily().unwrap_err());
    assert!(told.contains(".tls(..)"), "{told}");
}

#[tokio::test]
async fn a_server_that_is_down_or_hangs_is_told_soon() {
    let server = Server::start(&super::RECIPE);
    client(&server).await;
    let at = format!("127.0.0.1:{}", server.port);
    let paused = server.pause();
    let begun = Instant::now();
    let told = refusal(PostgresSessionStorage::builder(&url(&server))).await;
    assert!(told.contains(&at) && told.contains("within 2s"), "{told}");
    assert!(begun.elapsed() < Duration::from_secs(4));
    drop(paused);
    server.kill();
    let told = refusal(PostgresSessionStorage::builder(&url(&server))).await;
    assert!(told.contains(&at) && told.contains("refused"), "{told}");
}

#[tokio::test]
async fn a_configuration_of_the_applications_will_do() {
    shared().await;
    let config: Config = url(&SHARED).parse().unwrap();
    let builder = PostgresSessionStorageBuilder::from(config).table(new_table());
    let storage = builder.migrate().await.unwrap();
    let shown = format!("{storage:?}");
    assert!(
        shown.contains("127.0.0.1") && shown.contains("table_"),
        "{shown}"
    );
    assert!(!shown.contains("horse"), "{shown}");
}

/// As the version of this crate made it that used `sqlx`.
#[tokio::test]
async fn a_table_of_the_version_before_goes_on() {
    let client = shared().await;
    execute(
        &client,
        "CREATE TABLE IF NOT EXISTS \"before\" (id uuid PRIMARY KEY, version bigint NOT NULL, \
         last_seen timestamptz NOT NULL, expires_at timestamptz NOT NULL, owner bytea, record json NOT NULL);\n\
         CREATE INDEX IF NOT EXISTS \"before_expires_at\" ON \"before\" (expires_at);\n\
         CREATE INDEX IF NOT EXISTS \"before_owner\" ON \"before\" USING hash (owner);\n",
    )
    .await;
    let stored = record(Some("ann"));
    let json = String::from_utf8(stored.to_json().unwrap()).unwrap();
    let (id, ten) = (Uuid::new_v4(), "2026-01-01T10:00:00.123456Z");
    execute(
        &client,
        &format!("INSERT INTO before VALUES ('{id}', 7, '{ten}', '{ten}', 'ann', '{json}')"),
    )
    .await;
    for round in 0..2 {
        let before = builder(&SHARED).await.table(table("before"));
        let storage = match round {
            0 => before.connect().await.unwrap(),
            _ => before.migrate().await.unwrap(),
        };
        let loaded = storage.load(id.into()).await.unwrap().unwrap();
        assert_eq!(u64::from(loaded.version), 7);
        assert_eq!(loaded.last_seen.as_micros(), 1_767_261_600_123_456);
        let mut expected = SessionRecord::clone(&stored);
        expected.version = loaded.version;
        (expected.last_seen, expected.expires_at) = (loaded.last_seen, loaded.expires_at);
        assert_eq!(*loaded, expected);
    }
}

//! How many statements a request costs, by the database's own count; and whose clock is asked.

#[cfg(any(feature = "postgres", feature = "mysql"))]
use axum::http::StatusCode;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{Duration, Sessions};

use super::app::app;
use super::database::{Database, migrated, on_each_database};
use crate::support::Clock;

/// Does all kinds of requests, and returns how many statements each cost.
#[cfg(any(feature = "postgres", feature = "mysql"))]
async fn costs(
    storage: impl SessionStorage,
    statements: impl AsyncFn() -> u64,
) -> Vec<(&'static str, u64)> {
    let clock = Clock::new();
    let sessions = Sessions::builder(storage)
        .clock(clock.reader())
        .idle_timeout(Duration::HOUR)
        .touch_interval(Duration::MINUTE)
        .build();
    let mut browser = app(sessions.unwrap());
    let stranger = browser.clone();
    let mut costs = Vec::new();
    let mut before = statements().await;
    for (name, path) in [
        ("ignore", "/ignore"),
        ("read without a session", "/counted"),
        ("malformed cookie", "/malformed"),
        ("new", "/count"),
        ("ignore with a session", "/ignore"),
        ("read", "/counted"),
        ("modify", "/count"),
        ("log in", "/login"),
        ("read and touch", "/later"),
        ("read within the touch interval", "/counted"),
        ("log out", "/logout"),
    ] {
        let reply = match path {
            "/malformed" => {
                let cookies: [&[u8]; 1] = [b"__Host-Http-id=no session"];
                stranger.get_with_cookies("/counted", &cookies).await
            }
            "/later" => {
                clock.advance(Duration::MINUTE);
                browser.get("/counted").await
            }
            "/ignore" | "/counted" => browser.get(path).await,
            _ => browser.post(path).await,
        };
        assert_eq!(reply.status, StatusCode::OK, "{name}");
        let after = statements().await;
        costs.push((name, after - before));
        before = after;
    }
    costs
}

/// Fails unless each kind of request costs what it should, once the connection is warm.
#[cfg(any(feature = "postgres", feature = "mysql"))]
async fn assert_costs(
    storage: impl SessionStorage + Clone,
    statements: impl AsyncFn() -> u64 + Clone,
) {
    costs(storage.clone(), statements.clone()).await;
    let expected = [
        ("ignore", 0),
        ("read without a session", 0),
        ("malformed cookie", 0),
        ("new", 1),
        ("ignore with a session", 0),
        ("read", 1),
        ("modify", 2),
        ("log in", 2),
        ("read and touch", 2),
        ("read within the touch interval", 1),
        ("log out", 2),
    ];
    assert_eq!(costs(storage, statements).await, expected);
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_request_costs_so_many_statements_on_postgres() {
    use axum_bare_session::PostgresSessionStorage;

    use crate::sql::postgres::{execute, number, shared, shared_url};

    let observer = shared().await;
    execute(
        &observer,
        "CREATE EXTENSION IF NOT EXISTS pg_stat_statements",
    )
    .await;
    // A database of its own, so that whatever is run there is counted, a `BEGIN` too.
    execute(&observer, "CREATE DATABASE counts").await;
    let url = shared_url("counts");
    // With one connection, which is dialled once.
    let builder = PostgresSessionStorage::builder(&url).connections(1);
    let storage = builder.migrate().await.unwrap();
    let statements = async || {
        let calls = "SELECT COALESCE(SUM(calls), 0)::bigint FROM pg_stat_statements \
                     JOIN pg_database ON dbid = pg_database.oid WHERE datname = 'counts'";
        number(&observer, calls).await.cast_unsigned()
    };
    assert_costs(storage, &statements).await;
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn a_request_costs_so_many_statements_on_mysql() {
    use std::sync::atomic::{AtomicU64, Ordering};

    use mysql_async::prelude::Queryable;
    use tokio::sync::Mutex;

    // A server of its own, so that whatever it is asked is counted: pings, resets and preparations too.
    let server = super::mysql::server();
    let builder = super::mysql::builder(&server).await.connections(1);
    let storage = builder.migrate().await.unwrap();
    let observer = Mutex::new(super::mysql::connection(&server).await);
    let asked = AtomicU64::new(0);
    let statements = async || {
        let count = "SELECT CAST(SUM(variable_value) AS UNSIGNED) FROM information_schema.global_status \
                     WHERE variable_name IN ('QUESTIONS', 'COM_ADMIN_COMMANDS', 'COM_STMT_PREPARE')";
        let count = observer.lock().await.query_first::<u64, _>(count).await;
        // The question itself is one.
        count.unwrap().unwrap() - asked.fetch_add(1, Ordering::Relaxed)
    };
    // The server may still be told that the connections of the start are closed.
    let mut before = statements().await;
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let now = statements().await;
        if now == before {
            break;
        }
        before = now;
    }
    storage.load(uuid::Uuid::nil().into()).await.unwrap();
    assert_eq!(
        statements().await - before,
        1,
        "what it is asked is counted"
    );
    assert_costs(storage, &statements).await;
}

/// Lists of any length are loaded by few statements, of which a connection need not prepare more and more.
#[cfg(feature = "mysql")]
#[tokio::test]
async fn lists_of_any_length_prepare_few_statements_on_mysql() {
    use mysql_async::prelude::Queryable;
    use uuid::Uuid;

    use super::table::record;

    let server = super::mysql::server();
    let builder = super::mysql::builder(&server).await.connections(1);
    let storage = builder.migrate().await.unwrap();
    let mut ids: Vec<_> = (0..2_100).map(|_| Uuid::new_v4().into()).collect();
    ids.sort_unstable();
    for id in &ids {
        let _ = storage.save(*id, record(None), None).await.unwrap();
    }
    let mut observer = super::mysql::connection(&server).await;
    let mut prepared = async || {
        let count = "SELECT variable_value FROM information_schema.global_status \
                     WHERE variable_name = 'COM_STMT_PREPARE'";
        let count = observer.query_first::<u64, _>(count).await;
        count.unwrap().unwrap()
    };
    let before = prepared().await;
    let lengths = (1..=101).chain([200, 201, 999, 1_000, 2_100]);
    for length in lengths {
        let loaded = storage.load_many(&ids[..length]).await.unwrap();
        let mut loaded: Vec<_> = loaded.into_iter().map(|(id, _)| id).collect();
        loaded.sort_unstable();
        assert!(loaded == ids[..length], "of {length} ids");
    }
    let prepared = prepared().await - before;
    assert!(prepared <= 4, "{prepared} statements were prepared");
}

/// Sessions live and end by the application's clock, though it is years behind the server's.
async fn the_clock_of_the_server_is_never_asked<D: Database>() {
    let (_database, storage) = migrated::<D>("clocks").await;
    let clock = Clock::new();
    let sessions = Sessions::builder(storage.clone())
        .clock(clock.reader())
        .idle_timeout(Duration::MINUTE)
        .build();
    let sessions = sessions.unwrap();
    let mut browser = app(sessions.clone());
    browser.post("/login").await;
    browser.post("/count").await;
    clock.advance(Duration::seconds(30));
    assert_eq!(sessions.delete_expired().await.unwrap(), 0);
    assert_eq!(sessions.list("user:42").await.unwrap().len(), 1);
    clock.advance(Duration::seconds(30) - Duration::MICROSECOND);
    assert_eq!(sessions.list("user:42").await.unwrap().len(), 1);
    clock.advance(Duration::MICROSECOND);
    assert_eq!(browser.get("/counted").await.body, "0", "it has ended");
    assert_eq!(sessions.list("user:42").await.unwrap().len(), 0);
    assert_eq!(sessions.delete_expired().await.unwrap(), 1);
}

on_each_database! {
    the_clock_of_the_server_is_never_asked
}

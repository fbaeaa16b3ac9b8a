//! How many statements a request costs, by the database's own count; and whose clock is asked.

use axum::http::StatusCode;
use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{Duration, Sessions};

use super::app::app;
use super::database::{Database, migrated, on_each_database};
use crate::support::Clock;

/// Does all kinds of requests, and returns how many statements each cost.
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
                let cookies: [&[u8]; 1] = [b"__Host-id=no session"];
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
    use axum_bare_session::MySqlSessionStorage;
    use axum_bare_session::storage::TableName;
    use sqlx::Row;
    use sqlx::mysql::MySqlPoolOptions;

    use crate::sql::mysql::shared_options;

    // One connection, whose own count it is.
    let pool = MySqlPoolOptions::new().max_connections(1);
    let pool = pool.connect_with(shared_options().await).await.unwrap();
    let storage = MySqlSessionStorage::new(pool.clone()).table(TableName::new("counts").unwrap());
    storage.migrate().await.unwrap();
    let asked = std::sync::atomic::AtomicU64::new(0);
    let statements = async || {
        let count = sqlx::raw_sql("SHOW SESSION STATUS LIKE 'Questions'");
        let count = count.fetch_one(&pool).await.unwrap();
        let count = String::from_utf8(count.get::<Vec<u8>, _>(1)).unwrap();
        // The question itself is one.
        let asked = 1 + asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        count.parse::<u64>().unwrap() - asked
    };
    assert_costs(storage, &statements).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_request_costs_so_many_statements_on_sqlite() {
    use axum_bare_session::SqliteSessionStorage;
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

    use crate::support::count_events;

    let statements = count_events("sqlx::query", "counted-connection");
    let memory = SqliteConnectOptions::new()
        .in_memory(true)
        .thread_name(|_| "counted-connection".to_owned());
    let pool = SqlitePoolOptions::new().max_connections(1);
    let storage = SqliteSessionStorage::new(pool.connect_with(memory).await.unwrap());
    let before = statements();
    storage.migrate().await.unwrap();
    // The question for the table, and all that makes it. (`BEGIN` and `COMMIT` are not seen here.)
    assert_eq!(statements() - before, 2, "the count sees statements");
    assert_costs(storage, &async || statements()).await;
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

//! Connections to MySQL: whatever the server has set for them, closed meanwhile, and given up in mid-call.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum_bare_session::MySqlSessionStorage;
use axum_bare_session::storage::{Owned, Saved, SessionRecord, SessionStorage};
use futures_util::future::join_all;
use mysql_async::prelude::Queryable;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::app::app;
use super::mysql::{PASSWORD, builder, connection, odd_connection, odd_storage, server, url};
use super::table::record;

const COOKIE: &str = "\u{1f36a} é \u{feff}";

fn with_text(owner: &str) -> Arc<SessionRecord> {
    let mut record = SessionRecord::clone(&record(Some(owner)));
    record.values.insert("text", COOKIE).unwrap();
    Arc::new(record)
}

#[tokio::test]
async fn what_is_saved_is_committed_and_in_utf_8_whatever_the_servers_settings() {
    let storage = odd_storage().await;
    let (id, owner) = (Uuid::new_v4().into(), Uuid::new_v4().to_string());
    let saved = storage.save(id, with_text(&owner), None).await.unwrap();
    assert_eq!(saved, Saved::Done);
    let mut observer = odd_connection().await;
    let settings = observer.query_first::<(u8, u64), _>("SELECT @@autocommit, @@sql_select_limit");
    assert_eq!(settings.await.unwrap(), Some((0, 1)), "they are odd");
    let stored =
        format!("SELECT COUNT(*) FROM bare_sessions WHERE owner = '{owner}' AND INSTR(record, x'");
    let stored = COOKIE
        .bytes()
        .fold(stored, |sql, byte| sql + &format!("{byte:02x}"))
        + "')";
    let count = observer.query_first::<u64, _>(stored).await;
    assert_eq!(count.unwrap(), Some(1));
    // A transaction of its own, after which saves still commit.
    let ended = storage.delete_owned(&owner, Owned::All, record(None).last_seen);
    assert_eq!(ended.await.unwrap(), [id]);
    for _ in 0..20 {
        let id = Uuid::new_v4().into();
        let _ = storage.save(id, with_text(&owner), None).await.unwrap();
    }
    let mut observer = odd_connection().await;
    let count = format!("SELECT COUNT(*) FROM bare_sessions WHERE owner = '{owner}'");
    assert_eq!(
        observer.query_first::<u64, _>(count).await.unwrap(),
        Some(20)
    );
}

#[tokio::test]
async fn a_charset_in_the_url_does_not_matter() {
    let server = server();
    let plain = builder(&server).await.migrate().await.unwrap();
    for charset in [
        "charset=latin1",
        "collation=utf8mb3_bin&charset=utf8",
        "charset=binary&tcp_nodelay=true",
    ] {
        let url = format!("{}?{charset}", url(&server, PASSWORD));
        let storage = MySqlSessionStorage::connect(&url).await.unwrap();
        let (id, saved) = (Uuid::new_v4().into(), with_text(COOKIE));
        let _ = storage.save(id, Arc::clone(&saved), None).await.unwrap();
        assert_eq!(plain.load(id).await.unwrap(), Some(saved), "{charset}");
        let listed = plain.list(COOKIE, record(None).last_seen).await.unwrap();
        assert!(listed.iter().any(|(listed, _)| *listed == id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_server_closed_while_idle_are_no_visitors_error() {
    let server = server();
    let storage = builder(&server)
        .await
        .connections(4)
        .migrate()
        .await
        .unwrap();
    let mut observer = connection(&server).await;
    let others = "SELECT id FROM information_schema.processlist WHERE user = 'app' AND id <> CONNECTION_ID()";
    let mut browser = app(storage);
    for round in 0..5 {
        let warm = (0..64).map(|_| {
            let mut browser = browser.clone();
            tokio::spawn(async move { browser.post("/count").await.status })
        });
        join_all(warm).await;
        let ids: Vec<u64> = observer.query(others).await.unwrap();
        assert_eq!(ids.len(), 4, "all connections are in use");
        for id in ids {
            observer.query_drop(format!("KILL {id}")).await.unwrap();
        }
        sleep(Duration::from_millis(200)).await;
        for _ in 0..6 {
            let mut newcomer = browser.clone();
            newcomer.cookies.clear();
            assert_eq!(
                newcomer.post("/count").await.status,
                StatusCode::OK,
                "{round}"
            );
        }
        assert_eq!(browser.post("/count").await.status, StatusCode::OK);
    }
    // The visitor's own, and in all rounds but the first 64 at once.
    assert_eq!(browser.get("/counted").await.body, "261");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_given_up_cost_no_connection() {
    let server = server();
    let storage = builder(&server)
        .await
        .connections(4)
        .migrate()
        .await
        .unwrap();
    let mut observer = connection(&server).await;
    let made = "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'CONNECTIONS'";
    let warm = (0..64u128).map(|number| storage.load(Uuid::from_u128(number).into()));
    for loaded in join_all(warm).await {
        loaded.unwrap();
    }
    let before: u64 = observer.query_first(made).await.unwrap().unwrap();
    let mut given_up = 0;
    for micros in 0..1_000 {
        let load = storage.load(Uuid::nil().into());
        let save = storage.save(Uuid::new_v4().into(), record(None), None);
        // Of no fixed length, as a timer would be: so many steps of the runtime.
        let patience = async {
            for _ in 0..micros % 10 {
                tokio::task::yield_now().await
            }
        };
        tokio::select! {
            biased;
            () = patience => given_up += 1,
            _ = async { tokio::join!(load, save) } => {}
        }
    }
    assert!(given_up > 100, "{given_up} calls were given up");
    let after: u64 = observer.query_first(made).await.unwrap().unwrap();
    assert_eq!(after - before, 0, "connections were made anew");
    let all = (0..64u128).map(|number| storage.load(Uuid::from_u128(number).into()));
    for loaded in timeout(Duration::from_secs(10), join_all(all))
        .await
        .unwrap()
    {
        loaded.unwrap();
    }
}

/// A server that waits for a lock does not notice that a connection was given up, and keeps it.
#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_given_up_for_long_leave_no_more_connections_than_there_may_be() {
    let server = server();
    let builder = builder(&server).await.connections(4);
    let storage = builder.migrate().await.unwrap();
    let id = Uuid::new_v4().into();
    let save = || storage.save(Uuid::new_v4().into(), record(None), None);
    join_all((0..64).map(|_| save())).await;

    let mut locker = connection(&server).await;
    let count = "SELECT COUNT(*) FROM information_schema.processlist \
                 WHERE user = 'app' AND id <> CONNECTION_ID()";
    for lock in ["LOCK TABLES bare_sessions WRITE", "UNLOCK TABLES"] {
        locker.query_drop(lock).await.unwrap();
        let is_locked = lock.starts_with("LOCK");
        for round in 0..if is_locked { 40 } else { 1 } {
            let patience = Duration::from_millis(if is_locked { 150 } else { 10_000 });
            let saves = join_all((0..64).map(|_| timeout(patience, save())));
            let loads = join_all((0..64).map(|_| timeout(patience, storage.load(id))));
            let (saves, loads) = tokio::join!(saves, loads);
            let has_ended = |ended| ended != is_locked;
            assert!(saves.iter().map(Result::is_ok).all(has_ended));
            assert!(loads.iter().map(Result::is_ok).all(has_ended));
            let connections: Option<u64> = locker.query_first(count).await.unwrap();
            // The server may still be told that those of the start are closed.
            assert!(round < 10 || connections == Some(4), "{connections:?}");
        }
    }
}

#[test]
fn a_storage_outlives_the_runtime_that_first_used_it() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let (server, first) = (server(), runtime());
    let storage = first.block_on(async { builder(&server).await.migrate().await.unwrap() });
    drop(first);
    for _ in 0..3 {
        let id = Uuid::new_v4().into();
        let saved = runtime().block_on(storage.save(id, record(None), None));
        assert_eq!(saved.unwrap(), Saved::Done);
    }
}

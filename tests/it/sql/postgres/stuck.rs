//! A server that is there and does not get on: rows and tables that are locked, commits that wait for a replica.

use std::error::Error;
use std::time::{Duration, Instant};

use axum_bare_session::storage::{Saved, SessionStorage, StorageError};
use futures_util::future::join_all;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{RECIPE, builder, client, execute, number, shared};
use crate::sql::database::new_table;
use crate::sql::server::Server;
use crate::sql::table::record;

const GIVEN_UP: Duration = Duration::from_millis(150);

fn said(error: &StorageError) -> String {
    error.source().unwrap().to_string()
}

/// Somebody looks at it in a transaction, and goes home.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_locked_for_long_holds_up_nobody_elses() {
    let table = new_table();
    let storage = super::builder(&super::SHARED)
        .await
        .table(table.clone())
        .connections(4);
    let storage = storage.migrate().await.unwrap();
    let locked = Uuid::new_v4();
    let saved = storage.save(locked.into(), record(None), None).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    let mut locker = shared().await;
    let lock = locker.transaction().await.unwrap();
    let one = format!("SELECT 1 FROM {table} WHERE id = '{locked}' FOR UPDATE");
    assert_eq!(lock.query(&one, &[]).await.unwrap().len(), 1);

    let patience = Duration::from_secs(4);
    for _ in 0..2 {
        let reloads = (0..12).map(|_| timeout(patience, storage.delete(locked.into())));
        let others = (0..12).map(|_| {
            let saved = storage.save(Uuid::new_v4().into(), record(None), None);
            timeout(patience, saved)
        });
        let (reloads, others) = tokio::join!(join_all(reloads), join_all(others));
        assert!(reloads.iter().all(|reload| !matches!(reload, Ok(Ok(_)))));
        for saved in others {
            assert_eq!(saved.expect("it is saved in time").unwrap(), Saved::Done);
        }
    }
    let began = Instant::now();
    let saved = storage.save(Uuid::new_v4().into(), record(None), None);
    assert_eq!(saved.await.unwrap(), Saved::Done);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    lock.commit().await.unwrap();
    // One that was given up may have done it by now.
    let _ = storage.delete(locked.into()).await.unwrap();
    assert!(storage.load(locked.into()).await.unwrap().is_none());
}

/// The replica that it is to wait for is away for an hour. What was given up meanwhile is not all made when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_commits_wait_is_asked_for_no_more_and_more() {
    let server = Server::start(&RECIPE);
    let storage = builder(&server).await.connections(4);
    let storage = storage.migrate().await.unwrap();
    let client = client(&server).await;
    let set = async |setting: &str| {
        let set = format!("ALTER SYSTEM {setting}");
        client.batch_execute(&set).await.unwrap();
        client
            .batch_execute("SELECT pg_reload_conf()")
            .await
            .unwrap();
        sleep(Duration::from_millis(500)).await;
    };
    let known = Uuid::new_v4().into();
    let saved = storage.save(known, record(None), None).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    // A connection for reads is open.
    assert!(storage.load(known).await.unwrap().is_some());
    set("SET synchronous_standby_names = 'nobody'").await;

    let refused = builder(&server).await.connect().await.unwrap_err();
    assert!(said(&refused).contains("does not answer"), "{refused:?}");
    for _ in 0..40 {
        let saves = (0..50).map(|_| {
            let id = Uuid::new_v4().into();
            let saved = storage.save(id, record(None), None);
            timeout(GIVEN_UP, saved)
        });
        for saved in join_all(saves).await {
            assert!(!matches!(saved, Ok(Ok(_))), "there is no replica");
        }
    }
    // Reads need no commit.
    for _ in 0..20 {
        let loaded = timeout(Duration::from_secs(1), storage.load(known)).await;
        assert!(loaded.expect("at once").unwrap().is_some());
    }
    set("RESET synchronous_standby_names").await;
    let again = async {
        let id = Uuid::new_v4().into();
        while storage.save(id, record(None), None).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(10), again).await.unwrap();
    let made = number(&client, "SELECT count(*) FROM bare_sessions").await;
    assert!(made < 1_000, "{made} of 2,000 were made");
}

#[tokio::test]
async fn a_table_that_is_locked_is_told_when_connecting() {
    let table = new_table();
    let make = async || builder(&super::SHARED).await.table(table.clone());
    make().await.migrate().await.unwrap();
    let mut locker = shared().await;
    let lock = locker.transaction().await.unwrap();
    let locked = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
    lock.batch_execute(&locked).await.unwrap();
    let told = timeout(Duration::from_secs(15), make().await.connect()).await;
    let told = said(&told.unwrap().unwrap_err());
    assert!(told.contains("locks the table"), "{told}");
    lock.commit().await.unwrap();
    make().await.connect().await.unwrap();
    execute(&shared().await, &format!("DROP TABLE {table}")).await;
}

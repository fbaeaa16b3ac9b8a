//! A server without room: in memory, and on the disk.

use std::error::Error;
use std::sync::Arc;

use axum_bare_session::storage::{Owned, Saved, SessionStorage, StorageErrorKind};
use axum_bare_session::{Duration, Sessions};

use super::app::{app, app_with, visitor};
use super::owner_set::{created_of, now};
use super::server::Server;
use super::steps::{created, new_id, new_record, next};
use crate::support::{Browser, Clock};

fn set(server: &Server, option: &str, value: &str) {
    let mut set = redis::cmd("CONFIG");
    set.arg("SET").arg(option).arg(value);
    set.exec(&mut server.client()).unwrap();
}

#[tokio::test]
async fn a_server_without_memory_refuses_writes_loses_nothing_and_lets_visitors_log_out() {
    let server = Server::start(&["--maxmemory-policy", "noeviction"]);
    let storage = server.storage().await;
    let app = app(storage.clone());
    let (mut browser, mut leaving) = (visitor(&app).await, visitor(&app).await);
    let (id, record) = created(&storage).await;
    set(&server, "maxmemory", "1");

    assert_eq!(browser.get("/visit").await.status, 503);
    assert_eq!(Browser::new(app.clone()).get("/visit").await.status, 503);
    let second = Arc::new(next(&record));
    let error = storage.save(id, second, Some(record.version)).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Unavailable);
    let source = error.source().unwrap().to_string();
    assert!(source.contains("OOM"), "{source}");
    assert_eq!(*storage.load(id).await.unwrap().unwrap(), record);
    assert_eq!(browser.get("/read").await.body, "1");
    assert_eq!(leaving.get("/log-out").await.status, 200);
    assert!(leaving.cookies.is_empty());
    // Who comes after a log-out is told so.
    let (gone, second) = (new_id(), Arc::new(next(&record)));
    let saved = storage.save(gone, second, Some(record.version)).await;
    assert_eq!(saved.unwrap(), Saved::Conflict(None));
    assert!(!storage.delete(gone).await.unwrap());

    set(&server, "maxmemory", "0");
    assert_eq!(browser.get("/visit").await.status, 200);
    assert_eq!(browser.get("/read").await.body, "2");
}

/// Whether the answer waits for replicas or not.
#[tokio::test]
async fn a_server_without_memory_ends_nothing_of_another_owner_and_says_so() {
    let server = Server::start(&["--maxmemory-policy", "noeviction"]);
    let plain = server.storage().await;
    let ids = [
        created_of(&plain, "ann").await,
        created_of(&plain, "ben").await,
    ];
    let (id, record) = created(&plain).await;
    let (seen, end, version) = (record.last_seen, record.expires_at, record.version.next());
    let late = Arc::new(next(&next(&record)));
    set(&server, "maxmemory", "1");
    let waiting = plain.clone().with_wait(0, Duration::SECOND);
    for storage in [&plain, &waiting] {
        let ended = storage.delete_owned("ann", Owned::One(ids[1]), now()).await;
        assert_eq!(ended.unwrap(), []);
        let saved = storage.save(id, late.clone(), Some(version)).await;
        let stored = Some(Arc::new(record.clone()));
        assert_eq!(saved.unwrap(), Saved::Conflict(stored));
        assert!(!storage.touch(id, version, seen, end).await.unwrap());
    }
    let ended = waiting.delete_owned("ann", Owned::All, now()).await;
    assert_eq!(ended.unwrap(), [ids[0]]);
}

#[tokio::test]
async fn a_server_whose_disk_is_full_refuses_writes_until_there_is_room() {
    let server = Server::start(&["--appendonly", "yes"]);
    let storage = server.storage().await;
    let app = app(storage.clone());
    let mut browser = visitor(&app).await;
    server.limit_files(Some(200_000));
    // What was answered before the server noticed is in memory, and goes to the disk once there is room.
    let mut answered = 1;
    let mut record = new_record();
    record.values.insert("text", &"x".repeat(60_000)).unwrap();
    let error = loop {
        if let Err(error) = storage.save(new_id(), Arc::new(record.clone()), None).await {
            break error;
        }
        answered += u64::from(browser.get("/visit").await.status == 200);
    };
    assert_eq!(error.kind(), StorageErrorKind::Unavailable);
    let source = error.source().unwrap().to_string();
    assert!(source.contains("MISCONF"), "{source}");
    assert_eq!(browser.get("/visit").await.status, 503);
    let mut leaving = browser.clone();
    assert_eq!(leaving.get("/log-out").await.status, 503);
    assert_eq!(
        leaving.cookies, browser.cookies,
        "nobody is logged out who is not"
    );
    assert_eq!(browser.get("/read").await.body, answered.to_string());

    server.limit_files(None);
    let room = async {
        while browser.get("/visit").await.status != 200 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let room = tokio::time::timeout(std::time::Duration::from_secs(30), room);
    room.await.expect("the server writes again");
    assert_eq!(browser.get("/read").await.body, (answered + 1).to_string());
}

#[tokio::test]
async fn clocks_half_a_minute_apart_end_no_session_that_lives_longer() {
    let server = Server::start(&[]);
    for seconds in [-30, 30] {
        let clock = Clock::at_present();
        clock.advance(Duration::seconds(seconds));
        let sessions = Sessions::builder(server.storage().await)
            .clock(clock.reader())
            .idle_timeout(Duration::minutes(2));
        let app = app_with(sessions);
        let mut browser = visitor(&app).await;
        assert_eq!(browser.get("/log-in").await.status, 200);
        assert_eq!(browser.get("/visit").await.status, 200);
        assert_eq!(browser.get("/read").await.body, "2", "{seconds}");
        // The application's own clock still ends it.
        clock.advance(Duration::minutes(2));
        assert_eq!(browser.get("/read").await.body, "nobody", "{seconds}");
    }
}

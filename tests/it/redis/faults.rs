use std::error::Error;
use std::time::Duration;

use tokio::task::spawn_blocking;

use axum_bare_session::storage::{SessionStorage, StorageError, StorageErrorKind};
use axum_bare_session::{RedisSessionStorage, Sessions};

use super::app::{app, app_with, visitor};
use super::server::{Server, free_port};
use super::steps::{created, new_id};
use super::writers::Writers;

/// An error as a log would show it, with all its sources.
fn shown(error: &StorageError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(" {error} {error:?}");
        source = error.source();
    }
    text
}

#[tokio::test]
async fn what_cannot_be_connected_to_is_an_error_that_shows_no_credentials() {
    let server = Server::start(&["--requirepass", "right"]);
    let (used, unused) = (server.port, free_port());
    for url in [
        format!("redis://somebody:s3cr3t@127.0.0.1:{used}"),
        format!("redis://:s3cr3t@127.0.0.1:{used}"),
        format!("redis://somebody:s3cr3t@127.0.0.1:{unused}"),
        "redis://somebody:s3cr3t@".to_owned(),
        "redis://somebody:s3cr3t@127.0.0.1:99999".to_owned(),
        format!("redis://somebody:s3cr3t@127.0.0.1:{used}/s3cr3t"),
        "http://somebody:s3cr3t@127.0.0.1".to_owned(),
        "somebody:s3cr3t".to_owned(),
        "rediss://somebody:s3cr3t@127.0.0.1".to_owned(),
        String::new(),
    ] {
        for error in [
            RedisSessionStorage::connect(&url).await.unwrap_err(),
            RedisSessionStorage::cluster([&url]).await.unwrap_err(),
            RedisSessionStorage::sentinel([&url], "main")
                .await
                .unwrap_err(),
        ] {
            assert_eq!(error.kind(), StorageErrorKind::Unavailable);
            assert!(error.source().is_some(), "{url}");
            let shown = shown(&error);
            assert!(!shown.contains("s3cr3t"), "{url}: {shown}");
            assert!(!shown.contains("somebody"), "{url}: {shown}");
        }
    }
    let right = format!("redis://:right@127.0.0.1:{used}");
    let storage = RedisSessionStorage::connect(&right).await.unwrap();
    assert_eq!(storage.load(new_id()).await.unwrap(), None);
    assert!(!format!("{storage:?}").contains("right"));
}

#[tokio::test]
async fn a_server_that_is_back_is_found_by_the_next_request() {
    let mut server = Server::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let app = app(server.storage().await);
    let mut browser = visitor(&app).await;
    server.kill();
    for _ in 0..3 {
        assert_eq!(browser.get("/visit").await.status, 503);
    }
    server.restart();
    assert_eq!(browser.get("/visit").await.status, 200);
    assert_eq!(browser.get("/read").await.body, "2");
}

#[tokio::test]
async fn a_server_that_was_restarted_unnoticed_costs_no_request() {
    let mut server = Server::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let app = app(server.storage().await);
    let mut browser = visitor(&app).await;
    server.kill();
    server.restart();
    assert_eq!(browser.get("/log-in").await.status, 200);
    server.kill();
    server.restart();
    assert_eq!(visitor(&app).await.get("/read").await.body, "1");
}

#[tokio::test]
async fn scripts_that_the_server_has_lost_are_sent_again() {
    let server = Server::start(&[]);
    let app = app(server.storage().await);
    let mut browser = visitor(&app).await;
    for path in ["/visit", "/log-in", "/visit"] {
        let mut flush = redis::cmd("SCRIPT");
        flush.arg("FLUSH").exec(&mut server.client()).unwrap();
        assert_eq!(browser.get(path).await.status, 200);
    }
    assert_eq!(browser.get("/read").await.body, "3");
}

#[tokio::test]
async fn a_hung_server_is_waited_for_no_longer_than_the_limit() {
    let mut server = Server::start(&[]);
    let sessions = Sessions::builder(server.storage().await)
        .storage_timeout(axum_bare_session::Duration::milliseconds(300));
    let app = app_with(sessions);
    let mut browser = visitor(&app).await;
    server.pause();
    let reply = tokio::time::timeout(Duration::from_secs(60), browser.get("/visit")).await;
    assert_eq!(reply.expect("it is bounded").status, 503);
    server.resume();
    assert_eq!(browser.get("/visit").await.status, 200);
    assert_eq!(browser.get("/read").await.body, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_a_server_killed_among_64_writers() {
    let mut server = Server::start(&["--appendonly", "yes", "--appendfsync", "always"]);
    let writers = Writers::start(app(server.storage().await)).await;
    writers.progress(10).await;
    let server = spawn_blocking(move || {
        server.kill();
        server.restart();
        server
    });
    let server = server.await.unwrap();
    writers.progress(10).await;
    let outcome = writers.stop().await;
    assert!(
        outcome.failed > 0,
        "the server was killed among the writers"
    );
    assert_eq!(outcome.lost, 0, "{outcome:?}");
    drop(server);
}

#[tokio::test]
async fn sessions_under_two_prefixes_do_not_meet() {
    let server = Server::start(&[]);
    let storage = server.storage().await;
    let (id, _) = created(&storage).await;
    let other = storage.clone().with_prefix("other:");
    assert_eq!(other.load(id).await.unwrap(), None);
    let (id, _) = created(&other).await;
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("other:*")
        .query(&mut server.client())
        .unwrap();
    assert_eq!(keys, [format!("other:{id}")]);
}

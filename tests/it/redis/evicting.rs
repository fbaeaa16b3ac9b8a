//! Servers whose memory is full: what they are told, and what comes back of what they evicted.

use axum_bare_session::Duration;
use axum_bare_session::storage::SessionStorage;

use super::app::{app, visitor};
use super::owner_set::{created_of, list, now};
use super::server::Server;
use super::steps::new_id;
use crate::support::Log;

#[tokio::test]
async fn a_server_that_may_evict_sessions_is_told_in_the_log() {
    let told = |options: &'static [&str]| async {
        let server = Server::start(options);
        let log = Log::new();
        server.storage().await;
        let text = log.text();
        let lines = text
            .lines()
            .filter(|line| line.contains("maxmemory-policy"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    for policy in ["volatile-lru", "allkeys-random"] {
        let options: &[_] = match policy {
            "volatile-lru" => &["--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru"],
            _ => &[
                "--maxmemory",
                "100mb",
                "--maxmemory-policy",
                "allkeys-random",
            ],
        };
        let lines = told(options).await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].contains("WARN") && lines[0].contains(policy),
            "{lines:?}"
        );
        assert!(lines[0].contains("noeviction"), "{lines:?}");
    }
    for options in [
        &["--maxmemory", "100mb", "--maxmemory-policy", "noeviction"][..],
        &["--maxmemory", "0", "--maxmemory-policy", "volatile-lru"],
    ] {
        assert_eq!(told(options).await, [""; 0], "{options:?}");
    }
}

#[tokio::test]
async fn the_log_has_a_servers_code_and_none_of_its_words() {
    let server = Server::start(&["--maxmemory-policy", "noeviction"]);
    let app = app(server.storage().await);
    let mut browser = visitor(&app).await;
    let mut full = redis::cmd("CONFIG");
    full.arg("SET")
        .arg("maxmemory")
        .arg("1")
        .exec(&mut server.client())
        .unwrap();
    let log = Log::new();
    assert_eq!(browser.get("/visit").await.status, 503);
    let text = log.text();
    assert!(
        text.contains("Redis error OOM: the server's memory is full"),
        "{text}"
    );
    assert!(
        !text.contains("command not allowed") && !text.contains("script:"),
        "{text}"
    );
}

#[tokio::test]
async fn a_live_session_comes_back_into_an_owners_set_that_was_evicted() {
    let server = Server::start(&[]);
    let storage = server.storage().await;
    let mut client = server.client();
    let (ann, ben) = (new_id().to_string(), new_id().to_string());
    let (id, other) = (
        created_of(&storage, &ann).await,
        created_of(&storage, &ann).await,
    );
    let mut evict = |owner: &str| {
        let mut delete = redis::cmd("DEL");
        let count: u64 = delete
            .arg(format!("session:owner:{owner}"))
            .query(&mut client)
            .unwrap();
        assert_eq!(count, 1);
    };
    evict(&ann);
    assert_eq!(list(&storage, &ann).await, []);
    let record = storage.load(id).await.unwrap().unwrap();
    let end = now() + Duration::hours(2);
    assert!(storage.touch(id, record.version, now(), end).await.unwrap());
    assert_eq!(list(&storage, &ann).await, [id]);
    assert!(
        storage
            .touch(other, record.version, now(), end)
            .await
            .unwrap()
    );
    assert_eq!(list(&storage, &ann).await.len(), 2);
    // As it was: it leaves the set when it ends, and no touch takes it back then.
    assert!(storage.delete(id).await.unwrap());
    assert!(!storage.touch(id, record.version, now(), end).await.unwrap());
    assert_eq!(list(&storage, &ann).await, [other]);
    assert_eq!(list(&storage, &ben).await, []);
    let ttl: i64 = redis::cmd("TTL")
        .arg(format!("session:owner:{ann}"))
        .query(&mut client)
        .unwrap();
    assert!(ttl > 24 * 3_600, "{ttl}");
}

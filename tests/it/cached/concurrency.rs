//! Parallel requests through two caches; and what one promises to those who ask it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use axum_bare_session::SessionData;
use axum_bare_session::storage::{Saved, SessionStorage, Version};
use futures_util::future::join_all;

use super::house::House;
use super::remote::{id, record};
use crate::support::Browser;

const CLIENTS: usize = 100;
const TRIES: usize = 20;
/// A version that no save reaches.
const ENDED: u64 = u64::MAX;

/// Sends a request for each client, all at once, by turns from the browsers.
async fn all_at_once(browsers: &[Browser], path: impl Fn(usize) -> String) {
    let requests = (0..CLIENTS).map(|client| {
        let (mut browser, path) = (browsers[client % browsers.len()].clone(), path(client));
        tokio::spawn(async move { browser.get(&path).await })
    });
    for reply in join_all(requests.collect::<Vec<_>>()).await {
        assert_eq!(reply.unwrap().status, 200);
    }
}

async fn assert_counted(house: &House, browsers: &[Browser]) {
    all_at_once(browsers, |_| "/count".to_owned()).await;
    let saves = house.remote.take_calls().save;
    assert!(saves > CLIENTS, "no request met another: {saves} saves");
    let session = stored_values(house, &browsers[0]).await;
    assert_eq!(session.get("n").unwrap(), Some(CLIENTS));
}

/// The session as a process without anything in memory loads it.
async fn stored_values(house: &House, browser: &Browser) -> SessionData {
    let fresh = House::over(house.remote.clone(), house.clock.clone());
    fresh.a.receives(browser).begin().await.session
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_parallel_updates_of_two_processes_count_to_a_hundred() {
    let house = House::yielding();
    let at_a = house.user().await;
    let at_b = house.b.receives(&at_a);
    assert_counted(&house, &[at_a, at_b]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_parallel_inserts_of_two_processes_are_all_kept() {
    let house = House::yielding();
    let at_a = house.user().await;
    let at_b = house.b.receives(&at_a);
    all_at_once(&[at_a.clone(), at_b], |client| format!("/set/key{client}")).await;
    assert_eq!(stored_values(&house, &at_a).await.len(), CLIENTS + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_log_out_is_final_against_a_hundred_readers_and_writers_at_once() {
    for _ in 0..TRIES {
        let house = House::yielding();
        let browser = house.user().await;
        let requests = (0..CLIENTS).map(|client| {
            let browser = browser.clone();
            tokio::spawn(async move {
                let visit = browser.begin().await;
                match client % 10 {
                    5 if client == 55 => visit.session.destroy(),
                    5 => visit.session.insert("y", client).unwrap(),
                    _ => {}
                }
                visit.finish().await
            })
        });
        for reply in join_all(requests.collect::<Vec<_>>()).await {
            assert_eq!(reply.unwrap().status, 200);
        }
        // A writer that came after the log-out was a new visitor, with a session of its own.
        assert!(!browser.is_known().await);
    }
}

/// A thousand saves one after another, and readers and touches all along: what was answered is what every later load
/// finds.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_load_finds_less_than_was_answered_before_it_began() {
    let house = House::yielding();
    let storage = house.a.storage.clone();
    let first = storage.save(id(1), record(1).into(), None).await;
    assert_eq!(first.unwrap(), Saved::Done);
    let answered = Arc::new(AtomicU64::new(1));
    let readers = (0..8).map(|_| {
        let (storage, answered) = (storage.clone(), Arc::clone(&answered));
        tokio::spawn(async move {
            loop {
                let before = answered.load(SeqCst);
                let found = storage.load(id(1)).await.unwrap();
                let Some(found) = found else { return };
                assert!(before < ENDED, "it ended before this load began");
                assert!(u64::from(found.version) >= before, "{:?}", found.version);
                let (seen, end) = (found.last_seen, found.expires_at);
                let touched = storage.touch(id(1), found.version, seen, end).await;
                touched.unwrap();
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    for version in 2..=1_000 {
        let expected = Some(Version::from(version - 1));
        let saved = storage.save(id(1), record(version).into(), expected).await;
        assert_eq!(saved.unwrap(), Saved::Done);
        answered.store(version, SeqCst);
    }
    storage.delete(id(1)).await.unwrap();
    answered.store(ENDED, SeqCst);
    for reader in readers {
        reader.await.unwrap();
    }
}

//! Sessions that are waited for, in a storage across a network that loads them one by one.

use std::sync::Arc;
use std::time::Duration as Wait;

use axum::Router;
use axum::routing::get;
use axum_bare_session::storage::{
    Owned, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
};
use axum_bare_session::{
    Duration, MemorySessionStorage, SessionId, Sessions, add_session_middleware,
};
use tokio::time::{sleep, timeout};

use crate::support::{Browser, Clock, id_of, wait_for_test};

/// An outsider's storage across a network, without a `load_many` of its own.
struct Distant {
    memory: MemorySessionStorage,
    /// How long an answer is on its way.
    takes: Wait,
}

impl SessionStorage for Distant {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        let loaded = self.memory.load(id).await;
        sleep(self.takes).await;
        loaded
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        self.memory.save(id, record, expected).await
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        self.memory.touch(id, expected, last_seen, expires_at).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        self.memory.delete(id).await
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        self.memory.list(owner, now).await
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        self.memory.delete_owned(owner, which, now).await
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        self.memory.delete_expired(now).await
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_one_of_a_thousand_is_found() {
    let memory = MemorySessionStorage::new();
    let sessions = Sessions::from(Distant {
        memory: memory.clone(),
        takes: Wait::from_millis(6),
    });
    let routes = Router::new().route("/", get(wait_for_test));
    let app = add_session_middleware(routes, sessions);
    let mut sockets = Vec::new();
    for number in 0..1_000 {
        let mut browser = Browser::new(app.clone());
        browser.visit(|session| session.insert("n", number)).await;
        let visit = browser.begin().await;
        sockets.push(tokio::spawn(visit.session.ended()));
        visit.finish().await;
        if number == 500 {
            let id = id_of(&browser.cookies["__Host-Http-id"]);
            let memory = memory.clone();
            // Past the middleware, when all are waited for.
            tokio::spawn(async move {
                sleep(Wait::from_secs(60)).await;
                assert!(memory.delete(id).await.unwrap());
            });
        }
    }
    sleep(Wait::from_secs(30)).await;
    assert!(sockets.iter().all(|socket| !socket.is_finished()));
    let ended = sockets.swap_remove(500);
    timeout(Wait::from_secs(60), ended).await.unwrap().unwrap();
    sleep(Wait::from_secs(30)).await;
    assert!(sockets.iter().all(|socket| !socket.is_finished()));
}

/// What a look finds is as of when it asked: the session was prolonged before its answer came.
#[tokio::test(start_paused = true)]
async fn a_look_whose_answer_comes_late_ends_no_session_that_was_prolonged_meanwhile() {
    let clock = Clock::new();
    let storage = Distant {
        memory: MemorySessionStorage::new(),
        takes: Wait::from_secs(1),
    };
    let builder = Sessions::builder(storage).clock(clock.reader());
    let builder = builder.idle_timeout(Duration::HOUR);
    let sessions = builder.ended_within(Duration::milliseconds(100)).build();
    let routes = Router::new().route("/", get(wait_for_test));
    let mut browser = Browser::new(add_session_middleware(routes, sessions.unwrap()));
    browser.visit(|session| session.insert("x", 1)).await;
    let visit = browser.begin().await;
    let socket = tokio::spawn(visit.session.ended());
    visit.finish().await;
    clock.advance(Duration::minutes(59));
    browser.visit(|session| session.insert("x", 2)).await;
    clock.advance(Duration::minutes(2));
    sleep(Wait::from_secs(5)).await;
    assert!(!socket.is_finished(), "it lives for another 58 minutes");
    clock.advance(Duration::HOUR);
    timeout(Wait::from_secs(5), socket).await.unwrap().unwrap();
}

//! Many sessions that are waited for, in a storage that loads them one by one.

use std::sync::Arc;
use std::time::Duration as Wait;

use axum::Router;
use axum::routing::get;
use axum_bare_session::storage::{
    Owned, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
};
use axum_bare_session::{MemorySessionStorage, SessionId, Sessions, add_session_middleware};
use tokio::time::{sleep, timeout};

use crate::support::{Browser, id_of, wait_for_test};

/// An outsider's storage across a network, without a `load_many` of its own.
struct Distant(MemorySessionStorage);

impl SessionStorage for Distant {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        sleep(Wait::from_millis(6)).await;
        self.0.load(id).await
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        self.0.save(id, record, expected).await
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        self.0.touch(id, expected, last_seen, expires_at).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        self.0.delete(id).await
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        self.0.list(owner, now).await
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        self.0.delete_owned(owner, which, now).await
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        self.0.delete_expired(now).await
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_one_of_a_thousand_is_found() {
    let memory = MemorySessionStorage::new();
    let sessions = Sessions::from(Distant(memory.clone()));
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

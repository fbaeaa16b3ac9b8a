//! An owner's set, looked at without the storage.

use std::sync::Arc;

use axum_bare_session::storage::{Saved, SessionStorage, Timestamp};
use axum_bare_session::{OffsetDateTime, RedisSessionStorage, SessionId};
use redis::Connection;

use super::server::shared;
use super::steps::{new_id, new_record};

/// How a score counts: the last hour, and below it the stamp.
pub(super) const HOUR: u64 = 1 << 32;

pub(super) fn now() -> Timestamp {
    OffsetDateTime::now_utc().into()
}

pub(super) async fn created_of(storage: &RedisSessionStorage, owner: &str) -> SessionId {
    let (id, mut record) = (new_id(), new_record());
    record.owner = Some(owner.into());
    let saved = storage.save(id, Arc::new(record), None).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    id
}

pub(super) async fn list(storage: &RedisSessionStorage, owner: &str) -> Vec<SessionId> {
    let listed = storage.list(owner, now()).await.unwrap();
    listed.into_iter().map(|(id, _)| id).collect()
}

/// The set of an owner on the shared server.
pub(super) struct Set {
    client: Connection,
    key: String,
}

impl Set {
    pub(super) fn of(owner: &str) -> Self {
        Self {
            client: shared().client(),
            key: format!("session:owner:{owner}"),
        }
    }

    pub(super) fn score(&mut self, id: SessionId) -> Option<u64> {
        let mut score = redis::cmd("ZSCORE");
        score.arg(&self.key).arg(id.as_bytes());
        let score: Option<f64> = score.query(&mut self.client).unwrap();
        score.map(|score| score as u64)
    }

    /// Whether the set names the session as one that has not ended.
    pub(super) fn has(&mut self, id: SessionId) -> bool {
        self.score(id).is_some_and(|score| score >= HOUR)
    }

    /// The number of ids, those of ended sessions included.
    pub(super) fn len(&mut self) -> usize {
        let mut card = redis::cmd("ZCARD");
        card.arg(&self.key).query(&mut self.client).unwrap()
    }

    pub(super) fn set_score(&mut self, id: SessionId, score: u64) {
        let mut add = redis::cmd("ZADD");
        add.arg(&self.key).arg(score).arg(id.as_bytes());
        add.exec(&mut self.client).unwrap();
    }

    /// As if the id had been added, or its session ended, so many seconds ago. The record knows when it was added.
    pub(super) fn age(&mut self, id: SessionId, seconds: u64) {
        let score = self.score(id).unwrap() - seconds;
        self.set_score(id, score);
        let record = format!("session:{id}");
        let mut exists = redis::cmd("EXISTS");
        if exists.arg(&record).query(&mut self.client).unwrap() {
            let stamp = u32::try_from(score % HOUR).unwrap();
            let mut set = redis::cmd("SETRANGE");
            set.arg(record).arg(32).arg(&stamp.to_be_bytes());
            set.exec(&mut self.client).unwrap();
        }
    }

    /// Removes a record as the server does when its time has come.
    pub(super) fn expire(&mut self, id: SessionId) {
        let mut delete = redis::cmd("DEL");
        delete.arg(format!("session:{id}"));
        delete.exec(&mut self.client).unwrap();
    }

    /// Removes the set as an eviction does.
    pub(super) fn remove(&mut self) {
        let mut delete = redis::cmd("DEL");
        delete.arg(&self.key).exec(&mut self.client).unwrap();
    }

    pub(super) fn seconds_to_live(&mut self) -> i64 {
        let mut ttl = redis::cmd("TTL");
        ttl.arg(&self.key).query(&mut self.client).unwrap()
    }
}

use std::sync::{Arc, Mutex};

use time::OffsetDateTime;
use tokio::time::Instant;

use super::shard::Shard;
use super::shards::lock;
use crate::record::{SessionId, SessionRecord, Version};

/// A call to the remote storage that is under way. Its end, however it comes, is told to the cache before the caller knows it.
pub(super) struct Call<'a> {
    pub(super) shard: &'a Mutex<Shard>,
    pub(super) begun: Begun,
    pub(super) answer: Answer,
}

/// How a call began.
#[derive(Clone, Copy)]
pub(super) struct Begun {
    pub(super) id: SessionId,
    pub(super) kind: Kind,
    /// When the remote storage was asked: what it answers was true then or later.
    pub(super) asked_at: Instant,
    /// The shard's count of answers at that moment.
    pub(super) answers: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Load,
    Write,
}

/// What a call has told of the remote storage.
pub(super) enum Answer {
    /// Nothing: it failed, nobody waits for it any more, or it did not apply. A write may have been applied all the same.
    Unknown,
    /// It holds this record.
    Stored(Arc<SessionRecord>),
    /// It holds the record of this version, with these times.
    Touched {
        version: Version,
        last_seen: OffsetDateTime,
        expires_at: OffsetDateTime,
    },
    /// It holds none.
    Gone,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let answer = std::mem::replace(&mut self.answer, Answer::Unknown);
        lock(self.shard).end(self.begun, answer);
    }
}

use std::sync::Arc;

use tokio::time::Instant;

use crate::record::{SessionId, SessionRecord, Timestamp, Version};

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
    /// Nothing: it failed, nobody waits for it any more, or it did not apply. A write may have been applied all the
    /// same.
    Unknown,
    /// It holds this record.
    Stored(Arc<SessionRecord>),
    /// It holds the record of this version, with these times.
    Touched {
        version: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    },
    /// It holds none.
    Gone,
}

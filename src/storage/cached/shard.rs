use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::call::{Answer, Begun, Kind};
use super::slots::Slots;
use crate::record::{SessionId, SessionRecord, Timestamp};
use crate::storage::Owned;

/// Some of the sessions, and the calls to the remote storage that are under way for them.
///
/// The calls are what keeps an answer that comes late from undoing a newer one: while one of a session's calls is under
/// way, it is remembered when the session's latest write was answered, or the session found gone, whether or not it is
/// held itself.
pub(super) struct Shard {
    slots: Slots,
    calls: HashMap<SessionId, Calls>,
    /// How many calls have ended: the order of answers, which no clock tells as finely.
    answers: u64,
    /// Which of the answers the latest one was that may have ended any session. 0: there was none.
    last_ending: u64,
}

/// The calls of one session.
#[derive(Default)]
struct Calls {
    under_way: usize,
    /// Which of the shard's answers the latest one of a write was, or that there is no session. 0: there was none.
    last_change: u64,
}

impl Shard {
    pub(super) fn new(max_sessions: usize, max_staleness: Duration) -> Self {
        Self {
            slots: Slots::new(max_sessions, max_staleness),
            calls: HashMap::new(),
            answers: 0,
            last_ending: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn get(&mut self, id: SessionId, now: Instant) -> Option<Arc<SessionRecord>> {
        self.slots.get(id, now).map(Arc::clone)
    }

    /// Forgets the sessions that have expired at `now`, and what the calls under way will tell: which of those are
    /// gone, is not known yet.
    pub(super) fn forget_expired(&mut self, now: Timestamp) {
        self.answers += 1;
        self.last_ending = self.answers;
        self.slots.clear_if(|_, record| record.is_expired(now));
    }

    /// Forgets an owner's sessions, and what the calls under way will tell: of which sessions that is, is not known
    /// yet.
    pub(super) fn forget_owned(&mut self, owner: &str, which: Owned) {
        self.answers += 1;
        self.last_ending = self.answers;
        let is_owned = |record: &SessionRecord| record.owner.as_deref() == Some(owner);
        self.slots
            .clear_if(|id, record| is_owned(record) && which.names(id));
    }

    pub(super) fn forget(&mut self, id: SessionId) {
        self.slots.clear(id);
    }

    /// Forgets a session that was changed elsewhere, and what the calls under way will tell of it, which may be of
    /// before.
    pub(super) fn forget_changed(&mut self, id: SessionId) {
        self.answers += 1;
        if let Some(calls) = self.calls.get_mut(&id) {
            calls.last_change = self.answers;
        }
        self.slots.clear(id);
    }

    /// The same for all sessions.
    pub(super) fn forget_all(&mut self) {
        self.answers += 1;
        self.last_ending = self.answers;
        self.slots.clear_all();
    }

    pub(super) fn begin(&mut self, id: SessionId, kind: Kind, asked_at: Instant) -> Begun {
        self.calls.entry(id).or_default().under_way += 1;
        Begun {
            id,
            kind,
            asked_at,
            answers: self.answers,
        }
    }

    pub(super) fn end(&mut self, call: Begun, answer: Answer) {
        self.answers += 1;
        // What one request has found gone, another process has ended: an answer from before that is no news.
        let is_change = call.kind == Kind::Write || matches!(answer, Answer::Gone);
        let overtaken = self.leave(call, is_change);
        let now = Instant::now();
        let timely = self.slots.is_fresh(call.asked_at, now);
        let ended_since = self.last_ending > call.answers;
        match answer {
            // Also one that a change overtook, if it saw what came after that: whoever asked for it knows it now.
            Answer::Stored(record)
                if timely
                    && (!overtaken || !ended_since && self.slots.is_newer(call.id, &record)) =>
            {
                self.slots.put(call, record, self.answers, now);
            }
            Answer::Stored(record) if self.slots.is_newer(call.id, &record) => {
                self.slots.clear(call.id);
            }
            Answer::Touched {
                version,
                last_seen,
                expires_at,
            } if !overtaken => {
                self.slots.touch(call.id, version, last_seen, expires_at);
            }
            // Whoever asked knows that it is gone. Where a write was answered since, it may be there, and is asked for.
            Answer::Gone => self.slots.clear(call.id),
            // Of two writes at once nobody here knows which came first.
            _ if call.kind == Kind::Write => self.slots.clear(call.id),
            _ => {}
        }
    }

    /// Takes the call off those under way, and returns whether a change of its session was answered since it began.
    fn leave(&mut self, call: Begun, is_change: bool) -> bool {
        let Some(calls) = self.calls.get_mut(&call.id) else {
            return true;
        };
        let overtaken = calls.last_change.max(self.last_ending) > call.answers;
        if is_change {
            calls.last_change = self.answers;
        }
        calls.under_way -= 1;
        if calls.under_way == 0 {
            self.calls.remove(&call.id);
        }
        overtaken
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;
    use crate::record::{Digest, Version};

    fn record(version: u64, owner: Option<&str>) -> Arc<SessionRecord> {
        let now = OffsetDateTime::UNIX_EPOCH.into();
        let mut record = SessionRecord::new(Digest::from([0; 32]), now, now);
        record.version = Version::from(version);
        record.owner = owner.map(Into::into);
        Arc::new(record)
    }

    #[test]
    fn what_was_loaded_before_its_owners_sessions_ended_is_not_held() {
        let mut shard = Shard::new(1, Duration::MAX);
        let (id, now) = (Uuid::from_u128(1).into(), Instant::now());
        let first = shard.begin(id, Kind::Load, now);
        shard.end(first, Answer::Stored(record(3, None)));
        // Another process has logged an owner in, whom the record that is held does not name.
        let second = shard.begin(id, Kind::Load, now);
        shard.forget_owned("ann", Owned::All);
        shard.end(second, Answer::Stored(record(4, Some("ann"))));
        assert_eq!(shard.get(id, now), None);
    }

    #[test]
    fn what_a_load_saw_after_an_end_is_held_though_a_write_was_answered_first() {
        let mut shard = Shard::new(1, Duration::MAX);
        let (id, now) = (Uuid::from_u128(1).into(), Instant::now());
        shard.forget_owned("ann", Owned::All);
        let load = shard.begin(id, Kind::Load, now);
        let write = shard.begin(id, Kind::Write, now);
        shard.end(write, Answer::Stored(record(3, None)));
        shard.end(load, Answer::Stored(record(4, None)));
        assert_eq!(shard.get(id, now), Some(record(4, None)));
    }

    #[test]
    fn no_call_is_remembered_once_all_of_its_session_have_ended() {
        let mut shard = Shard::new(1, Duration::MAX);
        let (one, other) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
        let now = Instant::now();
        let load = shard.begin(one, Kind::Load, now);
        let write = shard.begin(one, Kind::Write, now);
        let unanswered = shard.begin(other, Kind::Load, now);
        shard.end(write, Answer::Gone);
        shard.end(unanswered, Answer::Unknown);
        assert_eq!(shard.calls.keys().collect::<Vec<_>>(), [&one]);
        shard.end(load, Answer::Unknown);
        assert!(shard.calls.is_empty());
    }
}

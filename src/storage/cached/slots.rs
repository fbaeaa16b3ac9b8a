use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::call::Begun;
use crate::record::{SessionId, SessionRecord, Timestamp, Version};

/// How many slots are looked at when a session comes, to see whether they are stale: more than one, so that stale ones
/// leave faster than others come.
const STEPS: usize = 2;
/// How many at most, where one must make room.
const STEPS_FOR_ROOM: usize = 8;

/// A bounded number of sessions, each as the remote storage has last told it.
///
/// Room is made as the CLOCK algorithm does: the slots stand in a queue, and its first makes room, unless it was used
/// since it was last looked at, in which case it goes to the back.
pub(super) struct Slots {
    by_id: HashMap<SessionId, Slot>,
    /// The id of each slot, exactly once.
    queue: VecDeque<SessionId>,
    max_sessions: usize,
    max_staleness: Duration,
}

struct Slot {
    /// `None`: it is not known what the remote storage holds.
    record: Option<Arc<SessionRecord>>,
    asked_at: Instant,
    /// Which of the shard's answers it was.
    answer: u64,
    /// Whether it was read since it was last looked at to make room.
    used: bool,
}

impl Slots {
    pub(super) fn new(max_sessions: usize, max_staleness: Duration) -> Self {
        Self {
            by_id: HashMap::new(),
            queue: VecDeque::new(),
            max_sessions,
            max_staleness,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether an answer that was asked for at `asked_at` may still be served. Exactly at the bound it may not.
    pub(super) fn is_fresh(&self, asked_at: Instant, now: Instant) -> bool {
        is_fresh(asked_at, now, self.max_staleness)
    }

    pub(super) fn get(&mut self, id: SessionId, now: Instant) -> Option<&Arc<SessionRecord>> {
        let slot = self.by_id.get_mut(&id)?;
        slot.used = true;
        slot.record_at(now, self.max_staleness)
    }

    /// Holds `record`, the shard's answer of that number to `call`.
    pub(super) fn put(
        &mut self,
        call: Begun,
        record: Arc<SessionRecord>,
        answer: u64,
        now: Instant,
    ) {
        let slot = Slot {
            record: Some(record),
            asked_at: call.asked_at,
            answer,
            used: false,
        };
        if let Some(held) = self.by_id.get_mut(&call.id) {
            // A load at the same time has seen what another process saved in between.
            let outdated = held.answer > call.answers && held.version() > slot.version();
            if !outdated {
                *held = slot;
            }
        } else if self.max_sessions > 0 {
            self.make_room(now);
            self.by_id.insert(call.id, slot);
            self.queue.push_back(call.id);
        }
    }

    /// Whether a record is held, and `record` is of a later version.
    pub(super) fn is_newer(&self, id: SessionId, record: &SessionRecord) -> bool {
        let held = self.by_id.get(&id).and_then(Slot::version);
        held.is_some_and(|held| held < record.version)
    }

    /// Moves the times of the record, if it is held at that version. At another, the remote storage no longer holds it.
    pub(super) fn touch(
        &mut self,
        id: SessionId,
        version: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) {
        let Some(held) = self.by_id.get_mut(&id).and_then(|s| s.record.as_mut()) else {
            return;
        };
        if held.version == version {
            let record = Arc::make_mut(held);
            record.last_seen = last_seen;
            record.expires_at = expires_at;
        } else {
            self.clear(id);
        }
    }

    /// Forgets the record. Its slot leaves when it is its turn.
    pub(super) fn clear(&mut self, id: SessionId) {
        if let Some(slot) = self.by_id.get_mut(&id) {
            slot.record = None;
        }
    }

    pub(super) fn clear_all(&mut self) {
        self.by_id.clear();
        self.queue.clear();
    }

    /// Forgets the records that `is_gone` says so of.
    pub(super) fn clear_if(&mut self, is_gone: impl Fn(SessionId, &SessionRecord) -> bool) {
        for (id, slot) in &mut self.by_id {
            slot.record.take_if(|record| is_gone(*id, record));
        }
    }

    /// Lets stale sessions leave, and another one where there is no room otherwise.
    fn make_room(&mut self, now: Instant) {
        for step in 0..STEPS_FOR_ROOM {
            let is_full = self.len() >= self.max_sessions;
            if step >= STEPS && !is_full {
                return;
            }
            let Some(id) = self.queue.pop_front() else {
                return;
            };
            let stays = self.by_id.get_mut(&id).is_some_and(|slot| {
                let is_spared = !is_full || slot.used;
                slot.used &= !is_full;
                is_spared && slot.record_at(now, self.max_staleness).is_some()
            });
            if stays {
                self.queue.push_back(id);
            } else {
                self.by_id.remove(&id);
            }
        }
        if self.len() >= self.max_sessions
            && let Some(id) = self.queue.pop_front()
        {
            self.by_id.remove(&id);
        }
    }
}

impl Slot {
    fn record_at(&self, now: Instant, max_staleness: Duration) -> Option<&Arc<SessionRecord>> {
        let record = self.record.as_ref();
        record.filter(|_| is_fresh(self.asked_at, now, max_staleness))
    }

    fn version(&self) -> Option<Version> {
        self.record.as_ref().map(|record| record.version)
    }
}

fn is_fresh(asked_at: Instant, now: Instant, max_staleness: Duration) -> bool {
    now.saturating_duration_since(asked_at) < max_staleness
}

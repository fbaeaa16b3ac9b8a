use std::sync::Arc;

use super::index::{Index, Place};
use super::room::Reserved;
use super::sessions::{Sessions, Stored};
use crate::record::{SessionId, SessionRecord, Timestamp};

/// How many sessions leave in one step of a clean-up, under one hold of the index's lock.
const SWEPT_AT_ONCE: usize = 64;
/// Among how many of those that would expire first the longest idle one is looked for.
const EVICTION_CANDIDATES: usize = 16;
/// How often these are looked for, where sessions that were touched stand among them and move on.
const EVICTION_PASSES: usize = 4;

pub(super) struct Swept {
    /// How many sessions.
    pub(super) deleted: u64,
    pub(super) more: bool,
}

/// What may not leave to make room: the session that the room is for, with the bytes that it takes.
#[derive(Clone, Copy)]
pub(super) struct Spared {
    pub(super) id: SessionId,
    pub(super) evictable: usize,
}

/// How sessions leave that nobody has ended.
impl Sessions {
    /// Removes a bounded number of the sessions that have expired at `now`.
    pub(super) fn sweep(&self, now: Timestamp) -> Swept {
        self.sweep_some(&mut self.index(), now, SWEPT_AT_ONCE)
    }

    pub(super) fn sweep_some(&self, index: &mut Index, now: Timestamp, steps: usize) -> Swept {
        let mut deleted = 0;
        for _ in 0..steps {
            let Some(place) = index.first().find(|place| place.expires_at <= now) else {
                return Swept {
                    deleted,
                    more: false,
                };
            };
            // A save or a touch may put its end off until the very moment that it is removed.
            let expired = |_: &SessionId, stored: &Stored| stored.record.is_expired(now);
            match self.records.remove_if(&place.id, expired) {
                Some((id, stored)) => {
                    self.removed(index, id, &stored);
                    deleted += u64::from(!id.is_register());
                }
                None => self.settle(index, place),
            }
        }
        Swept {
            deleted,
            more: true,
        }
    }

    /// Lets one session leave if there are as many as there may be, and returns whether there is room for one now.
    pub(super) fn make_room_for_one(&self, index: &mut Index, now: Timestamp) -> bool {
        // Any number of sessions that were touched may stand before one that has expired.
        while index.len() >= self.max_sessions {
            if !self.sweep_some(index, now, SWEPT_AT_ONCE).more {
                break;
            }
        }
        if index.len() < self.max_sessions {
            return true;
        }
        let evicted = self.longest_idle_anonymous(index, None);
        evicted.is_some_and(|id| self.remove(index, id).is_some())
    }

    /// Sets so many bytes aside, for which others leave where there is no room for them. Returns whether that was
    /// possible; none leaves for nothing, but for expired ones.
    pub(super) fn make_room(
        &self,
        index: &mut Index,
        reserved: &mut Reserved<'_>,
        bytes: usize,
        now: Timestamp,
        spared: Option<Spared>,
    ) -> bool {
        while !reserved.grow_to(bytes) {
            let swept = self.sweep_some(index, now, SWEPT_AT_ONCE);
            if reserved.grow_to(bytes) {
                return true;
            }
            if swept.more {
                continue;
            }
            if !reserved.could_grow_to(bytes, spared.map_or(0, |spared| spared.evictable)) {
                return false;
            }
            let evicted = self.longest_idle_anonymous(index, spared.map(|spared| spared.id));
            if evicted.is_none_or(|id| self.remove(index, id).is_none()) {
                return false;
            }
        }
        true
    }

    /// Moves a session that was touched to the place of its present end.
    fn settle(&self, index: &mut Index, place: Place) {
        let Some(mut stored) = self.records.get_mut(&place.id) else {
            return;
        };
        let settled = Place::of(place.id, &stored.record);
        if settled != place {
            index.shift(&place, settled, stored.record.owner.as_ref());
            stored.queued_at = settled.expires_at;
        }
    }

    fn longest_idle_anonymous(
        &self,
        index: &mut Index,
        spared: Option<SessionId>,
    ) -> Option<SessionId> {
        let mut candidates = index.first_anonymous(EVICTION_CANDIDATES);
        for _ in 0..EVICTION_PASSES {
            for place in &candidates {
                self.settle(index, *place);
            }
            let settled = index.first_anonymous(EVICTION_CANDIDATES);
            if std::mem::replace(&mut candidates, settled) == candidates {
                break;
            }
        }
        let others = candidates.iter().filter(|place| Some(place.id) != spared);
        let last_seen = others.filter_map(|place| Some((self.load(place.id)?.last_seen, place.id)));
        last_seen.min().map(|(_, id)| id)
    }

    pub(super) fn remove(&self, index: &mut Index, id: SessionId) -> Option<Arc<SessionRecord>> {
        let (_, stored) = self.records.remove(&id)?;
        self.removed(index, id, &stored);
        Some(stored.record)
    }

    fn removed(&self, index: &mut Index, id: SessionId, stored: &Stored) {
        let was_only = index.remove(&stored.place(id), stored.record.owner.as_ref());
        self.room.leave(stored.share, was_only);
    }
}

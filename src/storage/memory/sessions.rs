use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use time::OffsetDateTime;

use super::id_hasher::BuildIdHasher;
use super::index::{Index, Place};
use crate::record::{SessionId, SessionRecord, Version};
use crate::storage::{Saved, StorageError};

/// How many expired sessions may leave when one is created: more than one, so that they leave faster than others come.
const SWEPT_AT_CREATION: usize = 4;
/// How many sessions leave in one step of a clean-up, under one hold of the index's lock.
const SWEPT_AT_ONCE: usize = 64;
/// Among how many of those that would expire first the longest idle one is looked for.
const EVICTION_CANDIDATES: usize = 16;

/// The records by id, and an index for what needs an order.
///
/// Reading, changing and touching a record take only the lock of its shard; creating, deleting and changing the owner also
/// take the index's, always first.
pub(super) struct Sessions {
    records: DashMap<SessionId, Stored, BuildIdHasher>,
    index: Mutex<Index>,
    max_sessions: usize,
}

struct Stored {
    record: Arc<SessionRecord>,
    /// Where in the index the session stands.
    queued_at: i64,
}

impl Stored {
    fn new(record: Arc<SessionRecord>, place: Place) -> Self {
        Self {
            record,
            queued_at: place.expires_at,
        }
    }

    fn place(&self, id: SessionId) -> Place {
        Place {
            expires_at: self.queued_at,
            id,
        }
    }
}

pub(super) struct Swept {
    pub(super) deleted: u64,
    pub(super) more: bool,
}

impl Sessions {
    pub(super) fn new(max_sessions: usize) -> Self {
        Self {
            records: DashMap::default(),
            index: Mutex::default(),
            max_sessions,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.index().len()
    }

    pub(super) fn load(&self, id: SessionId) -> Option<Arc<SessionRecord>> {
        let stored = self.records.get(&id)?;
        Some(Arc::clone(&stored.record))
    }

    pub(super) fn create(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
    ) -> Result<Saved, StorageError> {
        // A record is saved when its session is seen.
        let now = record.last_seen;
        let place = Place::of(id, &record);
        let mut index = self.index();
        match self.records.entry(id) {
            Entry::Occupied(entry) => {
                return Ok(Saved::Conflict(Some(Arc::clone(&entry.get().record))));
            }
            Entry::Vacant(entry) => {
                index.add(place, record.owner.as_ref());
                entry.insert(Stored::new(record, place));
            }
        }
        self.sweep_some(&mut index, now, SWEPT_AT_CREATION);
        if index.len() > self.max_sessions {
            let evicted = self.longest_idle_anonymous(&mut index, id);
            self.remove(&mut index, evicted.unwrap_or(id));
            if evicted.is_none() {
                return Err(StorageError::full());
            }
        }
        Ok(Saved::Done)
    }

    pub(super) fn replace(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Version,
    ) -> Saved {
        let place = Place::of(id, &record);
        let mut index = None;
        loop {
            let Some(mut stored) = self.records.get_mut(&id) else {
                return Saved::Conflict(None);
            };
            if stored.record.version != expected {
                return Saved::Conflict(Some(Arc::clone(&stored.record)));
            }
            if stored.record.owner != record.owner || place < stored.place(id) {
                // The session moves in the index, whose lock comes before the record's.
                let Some(index) = &mut index else {
                    drop(stored);
                    index = Some(self.index());
                    continue;
                };
                index.remove(&stored.place(id), stored.record.owner.as_ref());
                index.add(place, record.owner.as_ref());
                stored.queued_at = place.expires_at;
            }
            let before = std::mem::replace(&mut stored.record, record);
            drop(stored);
            // Freed only now, when nobody waits for the lock.
            drop(before);
            return Saved::Done;
        }
    }

    pub(super) fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> bool {
        match self.records.get_mut(&id) {
            Some(mut stored) if stored.record.version == expected => {
                let record = Arc::make_mut(&mut stored.record);
                record.last_seen = last_seen;
                record.expires_at = expires_at;
                true
            }
            _ => false,
        }
    }

    pub(super) fn delete(&self, id: SessionId) {
        self.remove(&mut self.index(), id);
    }

    pub(super) fn list(
        &self,
        owner: &str,
        now: OffsetDateTime,
    ) -> Vec<(SessionId, Arc<SessionRecord>)> {
        let ids = self.index().ids_of(owner);
        let records = ids.into_iter().map(|id| Some((id, self.load(id)?)));
        records
            .flatten()
            .filter(|(_, record)| record.owner.as_deref() == Some(owner))
            .filter(|(_, record)| !record.is_expired(now))
            .collect()
    }

    /// Removes a bounded number of the sessions that have expired at `now`.
    pub(super) fn sweep(&self, now: OffsetDateTime) -> Swept {
        self.sweep_some(&mut self.index(), now, SWEPT_AT_ONCE)
    }

    fn sweep_some(&self, index: &mut Index, now: OffsetDateTime, steps: usize) -> Swept {
        let mut deleted = 0;
        for _ in 0..steps {
            let Some(place) = index.first().find(|place| place.is_due(now)) else {
                return Swept {
                    deleted,
                    more: false,
                };
            };
            if self.settle(index, place).is_due(now) {
                self.remove(index, place.id);
                deleted += 1;
            }
        }
        Swept {
            deleted,
            more: true,
        }
    }

    /// Moves a session that was touched to the place of its present expiry, and returns that.
    fn settle(&self, index: &mut Index, place: Place) -> Place {
        let Some(mut stored) = self.records.get_mut(&place.id) else {
            return place;
        };
        let settled = Place::of(place.id, &stored.record);
        if settled != place {
            index.remove(&place, stored.record.owner.as_ref());
            index.add(settled, stored.record.owner.as_ref());
            stored.queued_at = settled.expires_at;
        }
        settled
    }

    fn longest_idle_anonymous(&self, index: &mut Index, newcomer: SessionId) -> Option<SessionId> {
        let mut longest_idle = None;
        for place in index.first_anonymous(EVICTION_CANDIDATES) {
            self.settle(index, place);
            if let Some(record) = self.load(place.id).filter(|_| place.id != newcomer) {
                let candidate = (record.last_seen, place.id);
                longest_idle = Some(longest_idle.map_or(candidate, |best| candidate.min(best)));
            }
        }
        longest_idle.map(|(_, id)| id)
    }

    fn remove(&self, index: &mut Index, id: SessionId) {
        if let Some((_, stored)) = self.records.remove(&id) {
            index.remove(&stored.place(id), stored.record.owner.as_ref());
        }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

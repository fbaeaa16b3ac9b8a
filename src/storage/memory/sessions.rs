use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use super::id_hasher::BuildIdHasher;
use super::index::{Index, Place};
use crate::record::{SessionId, SessionRecord, Timestamp, Version};
use crate::storage::{Owned, Saved, StorageError};

/// How many expired sessions may leave when one is created: more than one, so that they leave faster than others come.
const SWEPT_AT_CREATION: usize = 4;
/// How many sessions leave in one step of a clean-up, under one hold of the index's lock.
const SWEPT_AT_ONCE: usize = 64;
/// Among how many of those that would expire first the longest idle one is looked for.
const EVICTION_CANDIDATES: usize = 16;
/// How often these are looked for, where sessions that were touched stand among them and move on.
const EVICTION_PASSES: usize = 4;
/// How many sessions one shard is to hold at most. Where one more makes it grow, whoever adds it waits until all have moved: some 20 ns for each.
const SESSIONS_PER_SHARD: usize = 1024;
/// An empty shard takes 128 bytes.
const SHARDS: RangeInclusive<usize> = 64..=4096;

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
    queued_at: Timestamp,
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
    /// How many sessions.
    pub(super) deleted: u64,
    pub(super) more: bool,
}

impl Sessions {
    pub(super) fn new(max_sessions: usize) -> Self {
        let wanted = max_sessions / SESSIONS_PER_SHARD;
        let shards = wanted.clamp(*SHARDS.start(), *SHARDS.end());
        let shards = shards.next_power_of_two();
        Self {
            records: DashMap::with_hasher_and_shard_amount(BuildIdHasher::default(), shards),
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
            // Sessions that were touched may stand before one that has expired.
            self.sweep_some(&mut index, now, SWEPT_AT_ONCE);
        }
        if index.len() > self.max_sessions {
            let evicted = self.longest_idle_anonymous(&mut index, id);
            let _ = self.remove(&mut index, evicted.unwrap_or(id));
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
        let owner = record.owner.clone();
        let replaced = self.write(place, expected, Some(owner.as_ref()), |stored| {
            std::mem::replace(stored, record)
        });
        // What was replaced is freed only here, when nobody waits for the lock.
        match replaced {
            Ok(_) => Saved::Done,
            Err(current) => Saved::Conflict(current),
        }
    }

    pub(super) fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> bool {
        let place = Place { expires_at, id };
        let touched = self.write(place, expected, None, |stored| {
            let record = Arc::make_mut(stored);
            record.last_seen = last_seen;
            record.expires_at = expires_at;
        });
        touched.is_ok()
    }

    /// Calls `write` with the record of a session that will stand at `place` and be `owner`'s (`None`: whose it is now), if it is
    /// at version `expected`; else returns the record as it is.
    fn write<T>(
        &self,
        place: Place,
        expected: Version,
        owner: Option<Option<&Arc<str>>>,
        write: impl FnOnce(&mut Arc<SessionRecord>) -> T,
    ) -> Result<T, Option<Arc<SessionRecord>>> {
        let mut index = None;
        loop {
            let mut stored = self.records.get_mut(&place.id).ok_or(None)?;
            if stored.record.version != expected {
                return Err(Some(Arc::clone(&stored.record)));
            }
            let (from, former) = (stored.place(place.id), stored.record.owner.as_ref());
            let owner = owner.unwrap_or(former);
            // A place that is too early is found and moved later; a session with another owner or a nearer end moves now.
            if owner != former || place < from {
                let Some(index) = &mut index else {
                    drop(stored);
                    // Its lock comes before the record's.
                    index = Some(self.index());
                    continue;
                };
                index.remove(&from, former);
                index.add(place, owner);
                stored.queued_at = place.expires_at;
            }
            return Ok(write(&mut stored.record));
        }
    }

    pub(super) fn delete(&self, id: SessionId) -> bool {
        self.remove(&mut self.index(), id).is_some()
    }

    pub(super) fn delete_owned(&self, owner: &str, which: Owned, now: Timestamp) -> Vec<SessionId> {
        // Nobody changes an owner without this lock.
        let mut index = self.index();
        let mut ids = index.ids_of(owner);
        ids.retain(|id| {
            let removed = which.names(*id).then(|| self.remove(&mut index, *id));
            removed.flatten().is_some_and(|it| !it.is_expired(now))
        });
        ids
    }

    pub(super) fn list(&self, owner: &str, now: Timestamp) -> Vec<(SessionId, Arc<SessionRecord>)> {
        let ids = self.index().ids_of(owner);
        let records = ids.into_iter().map(|id| Some((id, self.load(id)?)));
        records
            .flatten()
            .filter(|(_, record)| record.owner.as_deref() == Some(owner))
            .filter(|(_, record)| !record.is_expired(now))
            .collect()
    }

    /// Removes a bounded number of the sessions that have expired at `now`.
    pub(super) fn sweep(&self, now: Timestamp) -> Swept {
        self.sweep_some(&mut self.index(), now, SWEPT_AT_ONCE)
    }

    fn sweep_some(&self, index: &mut Index, now: Timestamp, steps: usize) -> Swept {
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
                    index.remove(&stored.place(id), stored.record.owner.as_ref());
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

    /// Moves a session that was touched to the place of its present end.
    fn settle(&self, index: &mut Index, place: Place) {
        let Some(mut stored) = self.records.get_mut(&place.id) else {
            return;
        };
        let settled = Place::of(place.id, &stored.record);
        if settled != place {
            index.remove(&place, stored.record.owner.as_ref());
            index.add(settled, stored.record.owner.as_ref());
            stored.queued_at = settled.expires_at;
        }
    }

    fn longest_idle_anonymous(&self, index: &mut Index, newcomer: SessionId) -> Option<SessionId> {
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
        let others = candidates.iter().filter(|place| place.id != newcomer);
        let last_seen = others.filter_map(|place| Some((self.load(place.id)?.last_seen, place.id)));
        last_seen.min().map(|(_, id)| id)
    }

    fn remove(&self, index: &mut Index, id: SessionId) -> Option<Arc<SessionRecord>> {
        let (_, stored) = self.records.remove(&id)?;
        index.remove(&stored.place(id), stored.record.owner.as_ref());
        Some(stored.record)
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

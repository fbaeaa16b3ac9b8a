use std::ops::RangeInclusive;
use std::sync::{Arc, PoisonError};

use super::eviction::Spared;
use super::id_hasher::BuildIdHasher;
use super::index::{Index, Place};
use super::room::{Room, Share};
use crate::record::{SessionId, SessionRecord, Timestamp, Version};
use crate::storage::{Owned, Saved, StorageError};
use crate::sync::{DashMap, Mutex, MutexGuard};

/// How many expired sessions may leave when one is created: more than one, so that they leave faster than others come.
const SWEPT_AT_CREATION: usize = 4;
/// How many sessions one shard is to hold at most. Where one more makes it grow, whoever adds it waits until all have
/// moved: some 20 ns for each.
const SESSIONS_PER_SHARD: usize = 1024;
/// An empty shard takes 128 bytes.
const SHARDS: RangeInclusive<usize> = 64..=4096;

/// The records by id, and an index for what needs an order.
///
/// Reading, changing and touching a record take only the lock of its shard; creating, deleting and changing the owner
/// also take the index's, always first, and so does a change that needs more room than there is.
pub(super) struct Sessions {
    pub(super) records: DashMap<SessionId, Stored, BuildIdHasher>,
    index: Mutex<Index>,
    pub(super) max_sessions: usize,
    pub(super) room: Room,
}

pub(super) struct Stored {
    pub(super) record: Arc<SessionRecord>,
    /// Where in the index the session stands.
    pub(super) queued_at: Timestamp,
    pub(super) share: Share,
}

impl Stored {
    pub(super) fn place(&self, id: SessionId) -> Place {
        Place {
            expires_at: self.queued_at,
            id,
        }
    }
}

/// What a save makes of a record.
struct Change<'a> {
    owner: Option<&'a Arc<str>>,
    share: Share,
    /// When the session was seen.
    now: Timestamp,
}

/// Why a write was not done.
enum Refused {
    /// This is what is stored.
    Conflict(Option<Arc<SessionRecord>>),
    /// There is no room, and nothing that may leave.
    Full,
}

impl Sessions {
    pub(super) fn new(max_sessions: usize, max_bytes: usize) -> Self {
        let wanted = max_sessions / SESSIONS_PER_SHARD;
        let shards = wanted.clamp(*SHARDS.start(), *SHARDS.end());
        let shards = shards.next_power_of_two();
        Self {
            records: DashMap::with_hasher_and_shard_amount(BuildIdHasher::default(), shards),
            index: Mutex::default(),
            max_sessions,
            room: Room::new(max_bytes),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.index().len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.room.taken()
    }

    pub(super) fn load(&self, id: SessionId) -> Option<Arc<SessionRecord>> {
        let stored = self.records.get(&id)?;
        Some(Arc::clone(&stored.record))
    }

    pub(super) fn ids(&self) -> Vec<SessionId> {
        self.index().ids().collect()
    }

    pub(super) fn create(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
    ) -> Result<Saved, StorageError> {
        // A record is saved when its session is seen.
        let now = record.last_seen;
        let (place, share) = (Place::of(id, &record), Share::of(id, &record));
        // Whoever creates holds it, so what is not there now is not there at the end.
        let mut index = self.index();
        if let Some(current) = self.load(id) {
            return Ok(Saved::Conflict(Some(current)));
        }
        self.sweep_some(&mut index, now, SWEPT_AT_CREATION);
        let mut reserved = self.room.reserve();
        let bytes = share.with_owners_place();
        let has_room = self.make_room(&mut index, &mut reserved, bytes, now, None)
            && (id.is_register() || self.make_room_for_one(&mut index, now));
        if !has_room {
            return Err(StorageError::full());
        }
        let is_only = index.add(place, record.owner.as_ref());
        reserved.enter(share, None, is_only);
        let stored = Stored {
            record,
            queued_at: place.expires_at,
            share,
        };
        self.records.insert(id, stored);
        Ok(Saved::Done)
    }

    pub(super) fn replace(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Version,
    ) -> Result<Saved, StorageError> {
        let place = Place::of(id, &record);
        let owner = record.owner.clone();
        let change = Change {
            owner: owner.as_ref(),
            share: Share::of(id, &record),
            now: record.last_seen,
        };
        let replaced = self.write(place, expected, Some(&change), |stored| {
            std::mem::replace(stored, record)
        });
        // What was replaced is freed only here, when nobody waits for the lock.
        match replaced {
            Ok(_) => Ok(Saved::Done),
            Err(Refused::Conflict(current)) => Ok(Saved::Conflict(current)),
            Err(Refused::Full) => Err(StorageError::full()),
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

    /// Calls `write` with the record of a session that will stand at `place` and be as `change` says (`None`: but for
    /// its times, as it is), if it is at version `expected`.
    fn write<T>(
        &self,
        place: Place,
        expected: Version,
        change: Option<&Change<'_>>,
        write: impl FnOnce(&mut Arc<SessionRecord>) -> T,
    ) -> Result<T, Refused> {
        let (mut index, mut reserved) = (None, self.room.reserve());
        loop {
            let stored = self.records.get_mut(&place.id);
            let mut stored = stored.ok_or(Refused::Conflict(None))?;
            if stored.record.version != expected {
                let current = Arc::clone(&stored.record);
                return Err(Refused::Conflict(Some(current)));
            }
            let (from, former, share) = (
                stored.place(place.id),
                stored.record.owner.as_ref(),
                stored.share,
            );
            let owner = change.map_or(former, |change| change.owner);
            let owner_changes = owner != former;
            // A place that is too early is found and moved later; a session with another owner or a nearer end moves
            // now.
            let moves = owner_changes || place < from;
            let more = change.map_or(0, |change| change.share.more_than(share, owner_changes));
            let has_room = reserved.grow_to(more);
            let mut is_only = false;
            if moves || !has_room {
                let Some(index) = &mut index else {
                    drop(stored);
                    // Its lock comes before the record's.
                    index = Some(self.index());
                    continue;
                };
                if let Some(change) = change.filter(|_| !has_room) {
                    drop(stored);
                    let spared = Spared {
                        id: place.id,
                        evictable: share.evictable(),
                    };
                    if !self.make_room(index, &mut reserved, more, change.now, Some(spared)) {
                        return Err(Refused::Full);
                    }
                    continue;
                }
                if owner_changes {
                    if index.remove(&from, former) {
                        self.room.leave_owner();
                    }
                    is_only = index.add(place, owner);
                } else {
                    index.shift(&from, place, owner);
                }
                stored.queued_at = place.expires_at;
            }
            if let Some(change) = change {
                reserved.enter(change.share, Some(share), is_only);
                stored.share = change.share;
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

    pub(super) fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

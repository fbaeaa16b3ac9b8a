use std::cmp::Ordering::{Equal, Greater, Less};

use crate::record::{SessionId, SessionRecord};
use crate::sync::atomic::{AtomicUsize, Ordering};

/// What a session takes beyond its record: its place in the map, of which up to half is free, and in the order of
/// expiry.
const PLACE: usize = 152;
/// What an owner takes who has a session, however many: a place in a map, and a list of ids.
const OWNERS_PLACE: usize = 304;

/// What a record takes, and whether it may be dropped to make room.
#[derive(Clone, Copy)]
pub(super) struct Share {
    bytes: usize,
    has_owner: bool,
    is_evictable: bool,
}

impl Share {
    pub(super) fn of(id: SessionId, record: &SessionRecord) -> Self {
        Self {
            bytes: PLACE + record.footprint(),
            has_owner: record.owner.is_some(),
            is_evictable: record.owner.is_none() && !id.is_register(),
        }
    }

    /// What to set aside for it, if it may be its owner's first.
    pub(super) fn with_owners_place(self) -> usize {
        if self.has_owner {
            self.bytes + OWNERS_PLACE
        } else {
            self.bytes
        }
    }

    /// What it takes more than a former one.
    pub(super) fn more_than(self, former: Self, owner_changes: bool) -> usize {
        let bytes = if owner_changes {
            self.with_owners_place()
        } else {
            self.bytes
        };
        bytes.saturating_sub(former.bytes)
    }

    /// The bytes that come free if it is dropped to make room.
    pub(super) fn evictable(self) -> usize {
        if self.is_evictable { self.bytes } else { 0 }
    }
}

/// How many bytes there are for records, and how many are taken.
pub(super) struct Room {
    max_bytes: usize,
    taken: AtomicUsize,
    /// How many of these would come free if all sessions left that may be dropped.
    evictable: AtomicUsize,
}

/// Bytes that are set aside for a write, and given back if nothing comes of it.
pub(super) struct Reserved<'a> {
    room: &'a Room,
    bytes: usize,
}

// Each record's share changes under the lock of its shard, so that no sum ever falls below what is left to be taken
// off.
impl Room {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            taken: AtomicUsize::new(0),
            evictable: AtomicUsize::new(0),
        }
    }

    pub(super) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// The bytes that are taken, and how many of these would come free.
    #[cfg(all(test, shuttle))]
    pub(super) fn sums(&self) -> [usize; 2] {
        [&self.taken, &self.evictable].map(|sum| sum.load(Ordering::SeqCst))
    }

    /// Sets nothing aside yet.
    pub(super) fn reserve(&self) -> Reserved<'_> {
        Reserved {
            room: self,
            bytes: 0,
        }
    }

    /// Takes the share off of a record that is gone.
    pub(super) fn leave(&self, share: Share, was_only: bool) {
        if was_only {
            self.leave_owner();
        }
        self.taken.fetch_sub(share.bytes, Ordering::Relaxed);
        self.evictable
            .fetch_sub(share.evictable(), Ordering::Relaxed);
    }

    /// Takes off what an owner took who has no session any more.
    pub(super) fn leave_owner(&self) {
        self.taken.fetch_sub(OWNERS_PLACE, Ordering::Relaxed);
    }
}

impl Reserved<'_> {
    /// Sets so many bytes aside, if there is room for them.
    pub(super) fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let (room, max) = (self.room, self.room.max_bytes);
        let grown = |taken: usize| taken.checked_add(more).filter(|sum| *sum <= max);
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        let is_there = more == 0 || room.taken.fetch_update(set, fetch, grown).is_ok();
        if is_there {
            self.bytes += more;
        }
        is_there
    }

    /// Whether so many bytes could be set aside if all left that may be dropped, but for what `spared` takes.
    pub(super) fn could_grow_to(&self, bytes: usize, spared: usize) -> bool {
        let evictable = self.room.evictable.load(Ordering::Relaxed);
        let fixed = self
            .room
            .taken()
            .saturating_sub(evictable.saturating_sub(spared));
        let more = bytes.saturating_sub(self.bytes);
        fixed.saturating_add(more) <= self.room.max_bytes
    }

    /// Makes what was set aside the share of a record in the place of a former one, and of the owner, if it is the only
    /// one.
    pub(super) fn enter(mut self, share: Share, former: Option<Share>, is_only: bool) {
        let room = self.room;
        let owners_place = if is_only { OWNERS_PLACE } else { 0 };
        let former_bytes = former.map_or(0, |former| former.bytes);
        // What the former one had and this one does not need goes back with the rest.
        self.bytes = (self.bytes + former_bytes).saturating_sub(share.bytes + owners_place);
        let (before, after) = (former.map_or(0, Share::evictable), share.evictable());
        // Most writes change no sum, and then need not fight for it.
        match after.cmp(&before) {
            Less => room.evictable.fetch_sub(before - after, Ordering::Relaxed),
            Equal => 0,
            Greater => room.evictable.fetch_add(after - before, Ordering::Relaxed),
        };
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.room.taken.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

/// What [`Room::sums`] comes to for records of these shares, of so many owners.
#[cfg(all(test, shuttle))]
pub(super) fn sums(shares: impl Iterator<Item = Share>, owners: usize) -> [usize; 2] {
    shares.fold([owners * OWNERS_PLACE, 0], |[taken, evictable], share| {
        [taken + share.bytes, evictable + share.evictable()]
    })
}

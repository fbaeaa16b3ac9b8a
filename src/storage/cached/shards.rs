use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::call::{Answer, Begun, Kind};
use super::shard::Shard;
use crate::record::{SessionId, SessionRecord, Timestamp};
use crate::storage::{Change, Owned};
use crate::sync::{Mutex, MutexGuard};

/// With more shards, fewer requests of different sessions wait for each other.
const MAX_SHARDS: usize = 64;
/// With fewer sessions than these, a shard would be full long before the others.
const MIN_SESSIONS_PER_SHARD: usize = 128;

/// The sessions in memory, in shards by their ids, each behind a lock that is never held over an await.
pub(super) struct Shards(Box<[Mutex<Shard>]>);

impl Shards {
    pub(super) fn new(max_sessions: usize, max_staleness: Duration) -> Self {
        let count = (max_sessions / MIN_SESSIONS_PER_SHARD).clamp(1, MAX_SHARDS);
        let (share, rest) = (max_sessions / count, max_sessions % count);
        let shards = (0..count).map(|number| {
            let max_sessions = share + usize::from(number < rest);
            Mutex::new(Shard::new(max_sessions, max_staleness))
        });
        Self(shards.collect())
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|shard| lock(shard).len()).sum()
    }

    /// The session if it is held and not stale, else the call that loads it.
    pub(super) fn get_or_begin_load(&self, id: SessionId) -> Result<Arc<SessionRecord>, Call<'_>> {
        let (shard, now) = (self.shard_of(id), Instant::now());
        let mut locked = lock(shard);
        match locked.get(id, now) {
            Some(record) => Ok(record),
            None => Err(Call {
                shard,
                begun: locked.begin(id, Kind::Load, now),
                answer: Answer::Unknown,
            }),
        }
    }

    pub(super) fn begin(&self, id: SessionId, kind: Kind) -> Call<'_> {
        let (shard, now) = (self.shard_of(id), Instant::now());
        Call {
            shard,
            begun: lock(shard).begin(id, kind, now),
            answer: Answer::Unknown,
        }
    }

    /// To be held while the remote storage deletes sessions of `owner`.
    pub(super) fn begin_ending<'a>(&'a self, owner: &'a str, which: Owned) -> Ending<'a> {
        Ending {
            shards: self,
            owner,
            which,
            ids: Vec::new(),
        }
    }

    /// To be held while the remote storage deletes what has expired at `now`.
    pub(super) fn begin_clean_up(&self, now: Timestamp) -> CleanUp<'_> {
        CleanUp { shards: self, now }
    }

    /// Forgets what was changed elsewhere.
    pub(super) fn forget_changed(&self, change: Change) {
        match change {
            Change::Session(id) => lock(self.shard_of(id)).forget_changed(id),
            Change::Any => {
                for shard in &self.0 {
                    lock(shard).forget_all();
                }
            }
        }
    }

    /// The shard by the last two bytes of the id, which are random.
    fn shard_of(&self, id: SessionId) -> &Mutex<Shard> {
        let [.., high, low] = *id.as_bytes();
        &self.0[usize::from(u16::from_be_bytes([high, low])) % self.0.len()]
    }
}

/// A call to the remote storage that is under way. Its end, however it comes, is told to the cache before the caller
/// knows it.
pub(super) struct Call<'a> {
    shard: &'a Mutex<Shard>,
    begun: Begun,
    pub(super) answer: Answer,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let answer = std::mem::replace(&mut self.answer, Answer::Unknown);
        lock(self.shard).end(self.begun, answer);
    }
}

/// A deletion of an owner's sessions that is under way. Its end, however it comes, makes the cache forget those
/// sessions.
pub(super) struct Ending<'a> {
    shards: &'a Shards,
    owner: &'a str,
    which: Owned,
    /// Those that it has told. The owner of one may have been another when it came into memory.
    pub(super) ids: Vec<SessionId>,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        // No other session can have ended.
        if let Owned::One(id) = self.which {
            return lock(self.shards.shard_of(id)).forget_changed(id);
        }
        for shard in &self.shards.0 {
            lock(shard).forget_owned(self.owner, self.which);
        }
        for id in &self.ids {
            lock(self.shards.shard_of(*id)).forget(*id);
        }
    }
}

/// A clean-up that is under way. Its end, however it comes, makes the cache forget what has expired.
pub(super) struct CleanUp<'a> {
    shards: &'a Shards,
    now: Timestamp,
}

impl Drop for CleanUp<'_> {
    fn drop(&mut self) {
        for shard in &self.shards.0 {
            lock(shard).forget_expired(self.now);
        }
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

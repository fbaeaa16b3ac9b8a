use std::fmt;
use std::sync::{Arc, Mutex};

use time::Duration;
use tokio::task::JoinSet;

use super::shards::Shards;
use crate::record::saturate;
#[cfg(doc)]
use crate::storage::SessionStorage;

/// Keeps hot sessions of a remote storage in this process's memory, so that reading one again costs no round trip.
///
/// Only [`load`](SessionStorage::load) is ever answered from memory, and only with a record that the remote storage
/// held at most `max_staleness` ago (1 second by default), counted from when it was asked. Everything else goes to the
/// remote storage: each write keeps its condition there, and its answer brings the memory up to date. A session that is
/// refused was always asked for there.
///
/// Cheap to clone; clones share one memory. Give clones to the middleware and to jobs: two caches made one by one, also
/// in one process, are to each other as two processes are.
///
/// ```no_run
/// use axum::Router;
/// use axum_bare_session::{CachedSessionStorage, MemorySessionStorage, add_session_middleware};
///
/// # let remote = MemorySessionStorage::new(); // stands for a storage across a network
/// let app: Router = add_session_middleware(Router::new(), CachedSessionStorage::new(remote));
/// ```
///
/// # One process
///
/// Where this is the only process that writes to the remote storage, no read is stale. What a save, a touch or a
/// deletion has answered, every load that begins afterwards knows: a session that was destroyed, revoked or renewed
/// here is not served as it was before, not even by a load that was under way meanwhile and comes back late. Parallel
/// loads share no answer, so that no request waits for another's.
///
/// # Several processes
///
/// What *another* process does to a session that this one holds in memory is seen here up to `max_staleness` later, or
/// where it [listens](Self::listening) as a rule some milliseconds later. In full:
///
/// - **Revocation, log-out, a deletion by hand**: up to `max_staleness` after the other process was answered, requests
///   here may still *read* the ended session. None can write to it or prolong it: the save or touch is refused by the
///   remote storage, the changes go with the session, and the memory forgets it at once.
/// - **Renewal and log-in**: the new secret opens the session here at once: what is in memory does not know it, so the
///   remote storage is asked. The former secret still opens it, for reading, as long or until a request with the new
///   one comes.
/// - **Other writes**: as long, a request here may read the former values, even one that follows a redirect from the
///   other process. Its own changes are replayed over the present values, so that nothing is lost. What one request
///   here has read of them, every load that begins afterwards knows.
///
/// A load balancer that sends the requests of one visitor to one process (sticky routing) leaves revocations from
/// elsewhere to come late, and nothing else. Where a revocation must hold everywhere at once, use the remote storage
/// without this cache.
///
/// A request with a wrong secret makes one call, as it does without a cache. It cannot crowd others out of the memory:
/// what it asks for is held only if there is such a session.
///
/// [`SessionData::reload`](crate::SessionData::reload) loads through this cache: in a stream, it sees another process's
/// log-out up to `max_staleness` later. A write that was not answered (an error, a time limit, a client that hung up)
/// makes the memory forget the session; if the remote storage applies it only afterwards, that counts as another
/// process's write.
///
/// # Limits
///
/// `max_sessions` bounds how many sessions are held, 10,000 by default: some megabytes for small sessions, and 64 KiB
/// each at worst. With no room left, a session that was not read lately makes some, in a bounded number of steps. Stale
/// ones leave a few at a time, whenever another comes; no task runs for that. `max_staleness` is measured by Tokio's
/// clock ([`tokio::time::Instant`]), which tests can pause; on Linux it stands still while the machine is suspended.
///
/// # Errors
///
/// Those of the remote storage, as they are; the cache adds none. While the remote storage is down, a session in memory
/// is still read, until it is stale.
#[doc(alias("CachingSessionStore", "MokaStore"))]
pub struct CachedSessionStorage<Remote> {
    pub(super) inner: Arc<Inner<Remote>>,
}

pub(super) struct Inner<Remote> {
    pub(super) remote: Remote,
    pub(super) sessions: Arc<Shards>,
    /// What listens ends with the cache.
    pub(super) listening: Mutex<JoinSet<()>>,
}

impl<Remote> CachedSessionStorage<Remote> {
    /// The number of sessions that a cache made by [`new`](Self::new) holds at most.
    pub const DEFAULT_MAX_SESSIONS: usize = 10_000;

    /// How old an answer from the memory of a cache made by [`new`](Self::new) may be: 1 second.
    pub const DEFAULT_MAX_STALENESS: Duration = Duration::SECOND;

    /// An empty cache in front of `remote`, with both default limits.
    #[must_use]
    pub fn new(remote: Remote) -> Self {
        Self::with_limits(
            remote,
            Self::DEFAULT_MAX_SESSIONS,
            Self::DEFAULT_MAX_STALENESS,
        )
    }

    /// An empty cache in front of `remote` that holds at most `max_sessions`, and serves none that is `max_staleness`
    /// old.
    ///
    /// With either at zero (or a negative staleness) nothing is held, and every load goes to `remote`.
    ///
    /// ```
    /// use axum_bare_session::{CachedSessionStorage, Duration, MemorySessionStorage};
    ///
    /// let remote = MemorySessionStorage::new();
    /// let storage = CachedSessionStorage::with_limits(remote, 50_000, Duration::milliseconds(200));
    /// assert_eq!(storage.len(), 0);
    /// ```
    #[must_use]
    pub fn with_limits(
        remote: Remote,
        max_sessions: usize,
        max_staleness: impl TryInto<Duration>,
    ) -> Self {
        let max_staleness = saturate(max_staleness).try_into().unwrap_or_default();
        let sessions = Shards::new(max_sessions, max_staleness);
        Self {
            inner: Arc::new(Inner {
                remote,
                sessions: Arc::new(sessions),
                listening: Mutex::default(),
            }),
        }
    }

    /// The remote storage, to read past the cache.
    ///
    /// What is written past it counts as another process's write.
    ///
    /// ```
    /// use axum_bare_session::{CachedSessionStorage, MemorySessionStorage};
    ///
    /// let storage = CachedSessionStorage::new(MemorySessionStorage::new());
    /// assert!(storage.remote().is_empty());
    /// ```
    #[must_use]
    pub fn remote(&self) -> &Remote {
        &self.inner.remote
    }

    /// The number of sessions that are held in memory, stale and ended ones that have not left yet included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.sessions.len()
    }

    /// Whether no session is held in memory.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<Remote> Clone for CachedSessionStorage<Remote> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<Remote> fmt::Debug for CachedSessionStorage<Remote> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedSessionStorage")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

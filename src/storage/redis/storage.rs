use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use redis::aio::ConnectionLike;
use time::Duration;

use super::link::{Given, Link, Replicated, Wait};
use super::scripts::Scripts;
#[cfg(doc)]
use crate::storage::SessionStorage;
use crate::storage::StorageError;

pub(super) const PREFIX: &str = "session:";

/// Keeps sessions in Redis (6 or later) or Valkey: one server, a Sentinel group or a Cluster.
///
/// All clones and requests share one connection; where it breaks, the next request makes a new one.
///
/// ```no_run
/// use axum::Router;
/// use axum_bare_session::{RedisSessionStorage, add_session_middleware};
///
/// # async fn build(app: Router) -> Result<Router, axum_bare_session::storage::StorageError> {
/// let storage = RedisSessionStorage::connect("redis://127.0.0.1:6379").await?;
/// let app = add_session_middleware(app, storage);
/// # Ok(app) }
/// ```
///
/// # Keys
///
/// A session is one string, `session:{id}`: 40 bytes that scripts compare and move, the owner, and then the record's
/// JSON. The server drops it by its own clock, five minutes after the session's end, so that a request that came in
/// time can still save it. The clocks of server and application should agree to within these, and a test's clock that
/// stands in the past finds no session. [`delete_expired`](SessionStorage::delete_expired) has nothing to do.
///
/// An owner's sessions are named by a sorted set, `session:owner:{owner}`. It never misses a live session, and may name
/// ended ones: log-outs, changes of owner and lists drop those, but for the last minute's, and each log-in those whose
/// time has passed. The set expires 30 days after the last of its sessions, or two minutes after none is left.
///
/// # Permissions
///
/// A user of an access control list (ACL) needs these commands on the keys of the prefix, and no others:
///
/// ```text
/// ACL SETUSER sessions on >password ~session:* +get +mget +set +getrange +setrange +del +pexpireat
///     +zadd +zscore +zrangebyscore +zrevrange +zremrangebyscore +expireat +time +eval +evalsha
/// ```
///
/// With `+info` it also hears of an eviction policy; [`with_wait`](Self::with_wait) needs `+wait`, a Cluster
/// `+cluster +asking +ping`, Sentinels `+role` of the master's user, and [`ids`](SessionStorage::ids) `+scan`. On a
/// Cluster that fails where a master is missing or slots move meanwhile, and is to be begun again then.
///
/// # Round trips
///
/// Every call is one round trip. What changes a record is one script (`EVALSHA`), which compares the version and writes
/// in one step:
///
/// | request | commands |
/// |---|---|
/// | no session, or none looked at | – |
/// | read | `GET` |
/// | first write | `SET` (before Redis 6.2, or where it logs in, `EVALSHA`) |
/// | change, log in | `GET`, `EVALSHA` |
/// | log out | `GET`, `EVALSHA`, and for the owner's set `EVALSHA` |
/// | touch, once an interval | `GET`, `EVALSHA`, and where there is an owner `EVALSHA` for the owner's set |
///
/// A conflict adds one `EVALSHA`, and so does a save that takes the session from its former owner. On a Cluster the
/// save of a session with an owner takes two, since the owner's set lies on another node, and one that comes too late a
/// third. A touch that would outlive the owner's set, after some 30 days without a write, takes two and those of a save.
/// A list takes one command, and one for each 64 sessions. Ending all of an owner's sessions takes one, and two for each
/// 512 of them; on a Cluster one for each of them, 32 at a time, whose owner its node compares.
///
/// # When the connection breaks
///
/// A call whose connection breaks is tried once more on a new connection, within the middleware's
/// [`storage_timeout`](crate::SessionsBuilder::storage_timeout). A save that replaces a record is left to the
/// middleware, which sends it again and knows its own write by a mark in the record. A deletion that finds nothing the
/// second time counts as done by the first; ending an owner's sessions ends all of them, but does not tell those that
/// the first attempt ended.
///
/// # A cache that listens
///
/// [`CachedSessionStorage::listening`](crate::CachedSessionStorage::listening) opens one more connection, in the third
/// version of the protocol, on which the server tells of each key with the prefix that is changed, expires or is
/// evicted (`CLIENT TRACKING` with `BCAST`); in a Cluster one to each node, of which the masters tell. A user of an
/// access control list needs `+client|tracking` for it. Every second it is made sure of that all masters tell. Where
/// one does not, for a cut connection, a failover or a master that is new, the connections are made anew, and the cache
/// forgets everything. A former master that answers is heard until its Sentinels reach it.
///
/// # What a server keeps
///
/// A save is as durable as the server's own settings make it. With `appendonly yes` and `appendfsync always` every
/// acknowledged save outlives the server's crash; with the default `everysec` a second of them may be lost with the
/// machine.
///
/// Sentinel and Cluster replicate asynchronously: a master answers before a replica has the write. So what it
/// acknowledged in its last moment may be missing on the replica that takes over, **and a log-out is such a write**:
/// the session would be back. The tests kill a master while 64 clients write, and none of some 80,000 acknowledged
/// writes was lost in any run. But a master that is cut off from its replicas, and not dead, goes on acknowledging what
/// a failover then undoes: of 10 log-outs in that state 10 were undone. [`with_wait`](Self::with_wait) prevents that:
/// of the same 10 log-outs none was answered with success. It costs each write a round trip more, from the master to
/// its replica. `min-replicas-to-write 1` on the server costs nothing and bounds the loss: with `min-replicas-max-lag
/// 2` a master without its replica refused writes after 3 seconds. Until another master is there, requests that need
/// the storage fail (503), some of them only at the time limit; then they work again, without a restart.
///
/// A server without memory (`maxmemory` with `noeviction`) refuses writes, but not log-outs; one whose disk is full
/// refuses both. Nothing that was acknowledged is lost. An eviction policy other than `noeviction` drops live sessions,
/// which [`connect`](Self::connect) tells in the log. It may drop an owner's set too: its sessions are then in no list
/// and outlive a `revoke_all`, each until its next save or touch, which puts it back.
///
/// In a Cluster the owner's set is written before the record. A crash between the two leaves an id without a session,
/// which no list shows and a later one drops, once a minute has passed; a save that conflicts takes it back by itself.
#[doc(alias("RedisStore", "SessionRedisPool"))]
#[derive(Clone)]
pub struct RedisSessionStorage {
    pub(super) inner: Arc<Inner>,
    pub(super) prefix: Arc<str>,
    wait: Option<Wait>,
}

pub(super) struct Inner {
    pub(super) link: Box<dyn Link>,
    /// For the loads that wait: whoever sends unknown ids holds up nobody else. `None`: the application made the
    /// connection.
    pub(super) looks: Option<Box<dyn Link>>,
    pub(super) scripts: Scripts,
    /// Whether a record and its owner's set may lie on two nodes.
    pub(super) is_split: AtomicBool,
    /// Whether the server creates records by the script alone.
    pub(super) needs_script: AtomicBool,
}

impl RedisSessionStorage {
    /// Connects to one server, at a URL such as `redis://user:password@host:6379/0`.
    ///
    /// It sends each command that is needed and saves a session, which it deletes again: what comes back can keep
    /// sessions. [`builder`](Self::builder) has other settings, and a storage that connects when it is first asked.
    ///
    /// For `rediss://`, TLS, the application switches on a TLS feature of the crate `redis`, version 1.
    ///
    /// # Errors
    ///
    /// If `url` is not one, if the server cannot be reached or refuses the credentials, a command, the keys or the
    /// write, or if it is a Sentinel, a replica or a node of a Cluster. The error's source says which, and what to do;
    /// it shows neither credentials nor values, and of the server's own answer the code.
    pub async fn connect(url: &str) -> Result<Self, StorageError> {
        Self::builder(url).connect().await
    }

    /// Connects to a Cluster, of which some nodes are enough to find the others.
    ///
    /// ```no_run
    /// # use axum_bare_session::RedisSessionStorage;
    /// # async fn connect() -> Result<(), axum_bare_session::storage::StorageError> {
    /// let nodes = ["redis://10.0.0.1:6379", "redis://10.0.0.2:6379"];
    /// let storage = RedisSessionStorage::cluster(nodes).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect), if no node can be reached.
    pub async fn cluster<U: Into<String>>(
        urls: impl IntoIterator<Item = U>,
    ) -> Result<Self, StorageError> {
        Self::cluster_builder(urls).connect().await
    }

    /// Connects to the master that the Sentinels at `urls` know by the name `master`, whichever server that is at the
    /// time.
    ///
    /// A master that wants a password, TLS or another database is given as a URL with the name in the host's place.
    /// What the URLs of the Sentinels carry is for the Sentinels.
    ///
    /// ```no_run
    /// # use axum_bare_session::RedisSessionStorage;
    /// # async fn connect() -> Result<(), axum_bare_session::storage::StorageError> {
    /// let sentinels = ["redis://10.0.0.1:26379", "redis://10.0.0.2:26379"];
    /// let storage = RedisSessionStorage::sentinel(sentinels, "redis://:password@mymaster/0").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect), if no Sentinel or no master can be reached.
    pub async fn sentinel<U: Into<String>>(
        urls: impl IntoIterator<Item = U>,
        master: &str,
    ) -> Result<Self, StorageError> {
        Self::sentinel_builder(urls, master).connect().await
    }

    /// Uses a connection that the application has, to one server or to a Cluster.
    ///
    /// Reconnecting and waiting are that connection's business: give one that reconnects, such as
    /// `redis::aio::ConnectionManager`. One that sends commands again by itself, as
    /// `redis::cluster_async::ClusterConnection` does, may count a save twice if four or more others came between;
    /// [`cluster`](Self::cluster) does not.
    ///
    /// ```no_run
    /// # use axum_bare_session::RedisSessionStorage;
    /// # async fn connect() -> redis::RedisResult<()> {
    /// let client = redis::Client::open("redis://127.0.0.1")?;
    /// let connection = client.get_multiplexed_async_connection().await?;
    /// let storage = RedisSessionStorage::from_connection(connection);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn from_connection(
        connection: impl ConnectionLike + Clone + Send + Sync + 'static,
    ) -> Self {
        Self::new(Given(connection), false)
    }

    /// Begins every key with `prefix` instead of `session:`, so that several applications can share a server.
    ///
    /// ```no_run
    /// # use axum_bare_session::RedisSessionStorage;
    /// # async fn connect() -> Result<(), axum_bare_session::storage::StorageError> {
    /// let storage = RedisSessionStorage::connect("redis://127.0.0.1").await?;
    /// let storage = storage.with_prefix("shop:session:");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        Self {
            prefix: prefix.into(),
            ..self
        }
    }

    /// Has every write wait until so many replicas have it (`WAIT`), for at most `timeout`; a write that did not get
    /// there in time fails as if the server were down.
    ///
    /// For Sentinel and Cluster: what was answered is then on so many replicas, and a master that is cut off answers
    /// no write any more, and no load that finds nothing. What it has it goes on showing, and lists and looks at
    /// [many](SessionStorage::load_many), as for sockets, are answered without waiting. A failover may choose any replica, whether it has the write or not: wait for all that a master
    /// has. It is no transaction: a write that failed so is on the master all the same, and may stay. All requests share
    /// a connection and stand behind each other's waits, so `timeout` is best some tens of milliseconds, far below the
    /// [`storage_timeout`](crate::SessionsBuilder::storage_timeout). Commands that write nothing wait for those before
    /// them on the connection. Without this, nothing waits.
    ///
    /// A call that finds its work done, such as a second log-out after one that failed so, waits as if it had done it.
    /// So does, by one `EVALSHA` more, a load that finds no session: on a second connection, where unknown cookies hold
    /// up each other and nobody else. A [connection](Self::from_connection) that the application made is the only one,
    /// and a load waits for nothing there. A list drops no id from an owner's set.
    ///
    /// ```no_run
    /// # use axum_bare_session::{Duration, RedisSessionStorage};
    /// # async fn connect() -> Result<(), axum_bare_session::storage::StorageError> {
    /// let storage = RedisSessionStorage::cluster(["redis://10.0.0.1:6379"]).await?;
    /// let storage = storage.with_wait(1, Duration::milliseconds(100));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_wait(self, replicas: u32, timeout: Duration) -> Self {
        let wait = Some(Wait::new(replicas, timeout));
        Self { wait, ..self }
    }

    pub(super) fn with(self, prefix: Arc<str>, wait: Option<Wait>) -> Self {
        Self {
            prefix,
            wait,
            ..self
        }
    }

    pub(super) fn new(link: impl Link + 'static, is_split: bool) -> Self {
        let inner = Inner {
            looks: link.another(),
            link: Box::new(link),
            scripts: Scripts::new(),
            is_split: AtomicBool::new(is_split),
            needs_script: AtomicBool::new(false),
        };
        Self {
            inner: Arc::new(inner),
            prefix: PREFIX.into(),
            wait: None,
        }
    }

    /// The connection, for what must not be lost.
    pub(super) fn writes(&self) -> Replicated<'_> {
        Replicated {
            link: &*self.inner.link,
            wait: self.wait,
        }
    }
}

impl fmt::Debug for RedisSessionStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSessionStorage")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

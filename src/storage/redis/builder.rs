use std::fmt;
use std::sync::Arc;

use time::Duration;

use super::cluster::Nodes;
use super::line::Line;
use super::link::Wait;
use super::one_server::OneServer;
use super::problem::failed;
use super::sentinel::Master;
use super::storage::{PREFIX, RedisSessionStorage};
use crate::storage::StorageError;

/// How a [`RedisSessionStorage`] is made, where its defaults are not what is wanted.
///
/// ```no_run
/// # use axum_bare_session::RedisSessionStorage;
/// # async fn connect() -> Result<(), axum_bare_session::storage::StorageError> {
/// let storage = RedisSessionStorage::builder("redis://127.0.0.1:6379")
///     .prefix("shop:session:")
///     .connect()
///     .await?;
/// # Ok(()) }
/// ```
#[must_use = "call `connect` or `connect_lazily`"]
pub struct RedisSessionStorageBuilder {
    target: Target,
    prefix: Arc<str>,
    wait: Option<Wait>,
}

enum Target {
    Server(String),
    Cluster(Vec<String>),
    Sentinel(Vec<String>, String),
}

impl RedisSessionStorageBuilder {
    fn new(target: Target) -> Self {
        Self {
            target,
            prefix: PREFIX.into(),
            wait: None,
        }
    }

    /// Begins every key with `prefix` instead of `session:`, so that several applications can share a server.
    pub fn prefix(self, prefix: &str) -> Self {
        Self {
            prefix: prefix.into(),
            ..self
        }
    }

    /// Has every write wait for replicas, as [`with_wait`](RedisSessionStorage::with_wait) does.
    pub fn wait(self, replicas: u32, timeout: Duration) -> Self {
        Self {
            wait: Some(Wait::new(replicas, timeout)),
            ..self
        }
    }

    /// Connects, and proves that sessions can be saved.
    ///
    /// # Errors
    ///
    /// As for [`RedisSessionStorage::connect`].
    pub async fn connect(self) -> Result<RedisSessionStorage, StorageError> {
        let storage = self.connect_lazily()?;
        storage.check().await?;
        Ok(storage)
    }

    /// A storage that connects when it is first asked, for an application that may start before its server. Until then
    /// requests that need a session fail (503). Later, [`check`](RedisSessionStorage::check) proves what
    /// [`connect`](Self::connect) would have.
    ///
    /// # Errors
    ///
    /// If a URL is not one.
    pub fn connect_lazily(self) -> Result<RedisSessionStorage, StorageError> {
        let storage = match self.target {
            Target::Server(url) => {
                let server = OneServer::new(&url).map_err(failed)?;
                RedisSessionStorage::new(Line::new(server), false)
            }
            Target::Cluster(urls) => {
                let nodes = Nodes::new(urls).map_err(failed)?;
                RedisSessionStorage::new(Line::new(nodes), true)
            }
            Target::Sentinel(urls, name) => {
                let master = Master::new(urls, &name).map_err(failed)?;
                RedisSessionStorage::new(Line::new(master), false)
            }
        };
        Ok(storage.with(self.prefix, self.wait))
    }
}

impl RedisSessionStorage {
    /// Begins a storage on one server with other settings than [`connect`](Self::connect) has, or one that connects
    /// later.
    ///
    /// ```
    /// # use axum_bare_session::RedisSessionStorage;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let storage = RedisSessionStorage::builder("redis://127.0.0.1:6379").connect_lazily()?;
    /// # Ok::<(), axum_bare_session::storage::StorageError>(()) }).unwrap();
    /// ```
    pub fn builder(url: &str) -> RedisSessionStorageBuilder {
        RedisSessionStorageBuilder::new(Target::Server(url.to_owned()))
    }

    /// The same for a Cluster: see [`cluster`](Self::cluster).
    pub fn cluster_builder<U: Into<String>>(
        urls: impl IntoIterator<Item = U>,
    ) -> RedisSessionStorageBuilder {
        let urls = urls.into_iter().map(Into::into).collect();
        RedisSessionStorageBuilder::new(Target::Cluster(urls))
    }

    /// The same for a master that Sentinels know: see [`sentinel`](Self::sentinel).
    pub fn sentinel_builder<U: Into<String>>(
        urls: impl IntoIterator<Item = U>,
        master: &str,
    ) -> RedisSessionStorageBuilder {
        let urls = urls.into_iter().map(Into::into).collect();
        RedisSessionStorageBuilder::new(Target::Sentinel(urls, master.to_owned()))
    }
}

/// The URLs may hold passwords.
impl fmt::Debug for RedisSessionStorageBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSessionStorageBuilder")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use redis::RedisError;
use redis::aio::ConnectionLike;

use super::cluster::Cluster;
use super::line::{Line, to_url};
use super::link::{Given, Link};
use super::owners::OwnerSet;
use super::scripts::Scripts;
use super::sentinel::to_master;
use crate::record::{DecodeError, SessionId};
use crate::storage::StorageError;

const PREFIX: &str = "session:";

/// Keeps sessions in Redis (6 or later) or Valkey: one server, a Sentinel group or a Cluster.
#[derive(Clone)]
pub struct RedisSessionStorage {
    pub(super) inner: Arc<Inner>,
    prefix: Arc<str>,
}

pub(super) struct Inner {
    pub(super) link: Box<dyn Link>,
    pub(super) scripts: Scripts,
    /// Whether a record and its owner's set may lie on two nodes.
    pub(super) is_split: AtomicBool,
}

impl RedisSessionStorage {
    /// Connects to one server.
    ///
    /// # Errors
    ///
    /// If `url` is not one, or the server cannot be reached or refuses the credentials. No error shows those.
    pub async fn connect(url: &str) -> Result<Self, StorageError> {
        let line = Line::open(to_url(url).map_err(failed)?).await;
        Ok(Self::new(line.map_err(failed)?, false))
    }

    /// Connects to a Cluster, of which some nodes are enough to find the others.
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect), if no node can be reached.
    pub async fn cluster<U: Into<String>>(
        urls: impl IntoIterator<Item = U>,
    ) -> Result<Self, StorageError> {
        let urls = urls.into_iter().map(Into::into).collect();
        let cluster = Cluster::open(urls).await.map_err(failed)?;
        Ok(Self::new(cluster, true))
    }

    /// Connects to the master that the Sentinels at `urls` know by the name `master`.
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect), if no Sentinel or no master can be reached.
    pub async fn sentinel<U: Into<String>>(
        urls: impl IntoIterator<Item = U>,
        master: &str,
    ) -> Result<Self, StorageError> {
        let urls = urls.into_iter().map(Into::into).collect();
        let line = Line::open(to_master(urls, master).map_err(failed)?).await;
        Ok(Self::new(line.map_err(failed)?, false))
    }

    /// Uses a connection that the application has.
    #[must_use]
    pub fn from_connection(
        connection: impl ConnectionLike + Clone + Send + Sync + 'static,
    ) -> Self {
        Self::new(Given(connection), false)
    }

    /// Begins every key with `prefix` instead of `session:`.
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        Self {
            prefix: prefix.into(),
            ..self
        }
    }

    fn new(link: impl Link + 'static, is_split: bool) -> Self {
        let inner = Inner {
            link: Box::new(link),
            scripts: Scripts::new(),
            is_split: AtomicBool::new(is_split),
        };
        Self {
            inner: Arc::new(inner),
            prefix: PREFIX.into(),
        }
    }

    pub(super) fn key(&self, id: SessionId) -> Vec<u8> {
        format!("{}{id}", self.prefix).into_bytes()
    }

    /// No id begins with this word.
    pub(super) fn owner_key(&self, owner: &str) -> Vec<u8> {
        format!("{}owner:{owner}", self.prefix).into_bytes()
    }

    pub(super) fn owner_set(&self, key: Vec<u8>) -> OwnerSet<'_> {
        OwnerSet {
            link: &*self.inner.link,
            scripts: &self.inner.scripts,
            key,
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

/// A value of another type under a key of ours is no record. Everything else is the server's or the network's failure.
pub(super) fn failed(error: RedisError) -> StorageError {
    if error.code() == Some("WRONGTYPE") {
        return DecodeError::Malformed { field: "type" }.into();
    }
    StorageError::new(error)
}

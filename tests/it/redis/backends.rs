use std::sync::atomic::{AtomicU32, Ordering};

use axum_bare_session::{CachedSessionStorage, RedisSessionStorage};

use super::{cluster, sentinel, server};
use crate::support::Backend;

/// The shared server.
pub(crate) struct OneServer;

/// The shared group of Sentinels and what they watch.
pub(crate) struct OneMaster;

/// The shared Cluster.
pub(crate) struct SixNodes;

/// The shared server behind a cache.
pub(crate) struct CachedServer;

fn with_new_prefix(storage: RedisSessionStorage) -> RedisSessionStorage {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    storage.with_prefix(&format!("test{number}:"))
}

impl Backend for OneServer {
    type Storage = RedisSessionStorage;

    async fn storage() -> RedisSessionStorage {
        with_new_prefix(server::shared().storage().await)
    }
}

impl Backend for OneMaster {
    type Storage = RedisSessionStorage;

    async fn storage() -> RedisSessionStorage {
        with_new_prefix(sentinel::shared().storage().await)
    }
}

impl Backend for SixNodes {
    type Storage = RedisSessionStorage;

    async fn storage() -> RedisSessionStorage {
        with_new_prefix(cluster::shared().storage().await)
    }
}

impl Backend for CachedServer {
    type Storage = CachedSessionStorage<RedisSessionStorage>;

    async fn storage() -> CachedSessionStorage<RedisSessionStorage> {
        CachedSessionStorage::new(OneServer::storage().await)
    }
}

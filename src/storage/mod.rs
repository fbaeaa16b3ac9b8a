//! Where sessions live: the contract that a storage keeps, and the storages of this crate.
//!
//! This is the door for authors of storages. Implement [`SessionStorage`], and run [`conformance`] on it: that is the
//! contract as public test functions, one for each sentence.

mod cached;
mod change;
mod contract;
mod erased;
mod error;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod line;
mod memory;
#[cfg(feature = "mysql")]
mod mysql;
mod owned;
#[cfg(any(
    feature = "postgres",
    feature = "mysql",
    feature = "sqlite",
    feature = "redis"
))]
mod placeholder;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
mod saved;
#[cfg(feature = "sealed")]
mod sealed;
mod shared;
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;

pub use cached::CachedSessionStorage;
pub use change::Change;
pub use contract::SessionStorage;
pub(crate) use erased::ErasedStorage;
pub use error::{StorageError, StorageErrorKind};
pub use memory::MemorySessionStorage;
#[cfg(feature = "mysql")]
#[cfg_attr(docsrs, doc(cfg(feature = "mysql")))]
pub use mysql::{MySqlSessionStorage, MySqlSessionStorageBuilder};
pub use owned::Owned;
#[cfg(feature = "postgres")]
#[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
pub use postgres::{PostgresSessionStorage, PostgresSessionStorageBuilder};
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub use redis::{RedisSessionStorage, RedisSessionStorageBuilder};
pub use saved::Saved;
#[cfg(feature = "sealed")]
#[cfg_attr(docsrs, doc(cfg(feature = "sealed")))]
pub use sealed::{SealedSessionStorage, SealingKey};
#[cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
#[cfg_attr(
    docsrs,
    doc(cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite")))
)]
pub use sql::{TableName, TableNameError};
#[cfg(feature = "sqlite")]
#[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
pub use sqlite::{SqliteSessionStorage, SqliteSessionStorageBuilder, Synchronous};

pub use crate::record::{DecodeError, Digest, SessionRecord, Timestamp, Values, Version};

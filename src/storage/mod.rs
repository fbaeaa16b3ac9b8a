//! Where sessions live: the contract that a storage keeps, and the storages of this crate.
//!
//! This is the door for authors of storages. Implement [`SessionStorage`], and run [`conformance`] on it: that is the contract as
//! public test functions, one for each sentence.

mod contract;
mod erased;
mod error;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod shared;

#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;

pub use contract::{Saved, SessionStorage};
pub(crate) use erased::ErasedStorage;
pub use error::{StorageError, StorageErrorKind};
pub use memory::MemorySessionStorage;
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub use redis::RedisSessionStorage;

pub use crate::record::{DecodeError, Digest, SessionRecord, Values, Version};

//! Where sessions live: the contract that a storage keeps, and the storages of this crate.
//!
//! This is the door for authors of storages. Implement [`SessionStorage`], and run [`conformance`] on it: that is the contract as
//! public test functions, one for each sentence.

mod cached;
mod contract;
mod erased;
mod error;
mod memory;
mod shared;

#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;

pub use cached::CachedSessionStorage;
pub use contract::{Saved, SessionStorage};
pub(crate) use erased::ErasedStorage;
pub use error::{StorageError, StorageErrorKind};
pub use memory::MemorySessionStorage;

pub use crate::record::{DecodeError, Digest, SessionRecord, Values, Version};

//! A cache in front of a remote storage. Read `storage`, what it promises; `sessions`, what it answers by itself and
//! what it asks for; `listening`, what it hears of other processes; then `shards`, `shard` and `slots`, what it holds,
//! and how late answers are told from new ones.

mod call;
#[cfg(all(test, shuttle))]
mod interleavings;
mod listening;
mod sessions;
mod shard;
mod shards;
mod slots;
mod storage;

pub use storage::CachedSessionStorage;

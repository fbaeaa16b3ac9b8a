//! Sessions in Redis or Valkey: one key for each session, and one set for each owner.

mod builder;
mod changes;
mod check;
mod cluster;
mod deletes;
mod keys;
mod line;
mod link;
mod masters;
mod one_server;
mod owners;
mod problem;
mod save;
mod scan;
mod scripts;
mod sentinel;
mod sessions;
mod storage;
mod stored;

pub use builder::RedisSessionStorageBuilder;
pub use storage::RedisSessionStorage;

//! Sessions in a PostgreSQL table, over a few connections of our own, each pipelined.
//!
//! `storage` is what applications hold, made by `builder`; `sessions` is the contract, by `statements` with `values`.
//! `connections` chooses a `lane` for each call, and says which calls are made again; `dial` makes a lane's
//! `connection`, and `retirement` bounds how many are left behind. `migrate` makes the table and proves that it is
//! usable. `error` is what all of them fail with.

mod builder;
mod connection;
mod connections;
mod dial;
mod error;
mod lane;
mod migrate;
mod retirement;
mod sessions;
mod statements;
mod storage;
mod values;

pub use builder::PostgresSessionStorageBuilder;
pub use storage::PostgresSessionStorage;

//! Sessions in a PostgreSQL table, over a few connections of our own, each pipelined.
//!
//! `storage` is what applications hold, made by `builder`; it asks by `statements` with `values`. `connections` chooses
//! one for each call, and says which calls are made again; `dial` makes a `connection`. `migrate` makes the table and
//! proves that it is usable. `error` is what all of them fail with.

mod builder;
mod connection;
mod connections;
mod dial;
mod error;
mod lane;
mod migrate;
mod statements;
mod storage;
mod values;

pub use builder::PostgresSessionStorageBuilder;
pub use storage::PostgresSessionStorage;

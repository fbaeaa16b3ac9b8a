//! Sessions in MySQL or MariaDB: one table, one row for each session, one round trip for each call.
//!
//! Read `storage`, which keeps the contract by the texts of `statements` and their `values`; `connections`, which makes
//! a `call` of them that is not torn down with its request (`unbroken`); then `owned` and `expired`, which remove many
//! rows at once. `builder`, `options` and `migrate` are for the start, `error` for whoever reads a log.

mod builder;
mod call;
mod connections;
mod error;
mod expired;
mod migrate;
mod options;
mod owned;
mod row;
mod statements;
mod storage;
mod unbroken;
mod values;

pub use builder::MySqlSessionStorageBuilder;
pub use storage::MySqlSessionStorage;

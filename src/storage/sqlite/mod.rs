//! Sessions in an SQLite file: one thread that writes, and connections of their own for those who read.
//!
//! Read `storage`, which says what each call does, and then `writer` and `readers`, which say where it runs. `builder`
//! opens a `database` and has its table checked or made by `migrate`; `statements` has all SQL that sessions need.

mod builder;
mod database;
mod error;
mod migrate;
mod open;
mod readers;
mod statements;
mod storage;
mod writer;

pub use builder::{SqliteSessionStorageBuilder, Synchronous};
pub use storage::SqliteSessionStorage;

//! The storage contract as tests: each function here is one sentence of it.
//!
//! For authors of storages. [`storage_conformance!`](crate::storage_conformance) makes a module of tests, one for each
//! sentence, from an expression that makes the storage. All that it needs is this crate with the feature `conformance`,
//! among the `dev-dependencies`:
//!
//! ```toml
//! [dev-dependencies]
//! axum-bare-session = { version = "0.1", features = ["conformance"] }
//! ```
//!
//! ```no_run,test_harness
//! # use axum_bare_session::MemorySessionStorage as ShelfSessionStorage;
//! use axum_bare_session::storage_conformance;
//!
//! storage_conformance!(shelf, ShelfSessionStorage::new());
//! ```
//!
//! `cargo test shelf::` then runs `shelf::delete_is_idempotent` and all the others. `examples/custom_storage.rs` does
//! so for a whole storage. A sentence can also be called by itself, with what a storage needs around it:
//!
//! ```
//! use axum_bare_session::MemorySessionStorage;
//! use axum_bare_session::storage::conformance;
//!
//! # tokio::runtime::Builder::new_multi_thread().build().unwrap().block_on(async {
//! let storage = MemorySessionStorage::new();
//! conformance::delete_is_idempotent(&storage).await;
//! # });
//! ```
//!
//! A storage that several processes may use at once is tested through two handles as well: see [`TwoHandles`].
//!
//! # What the tests do to a storage
//!
//! They may share one with each other and with anything else, a live server for example: every id and every owner is
//! new, no test needs an empty storage, and none changes or removes records that are not its own, but for the expired
//! ones that [`delete_expired`](super::SessionStorage::delete_expired) is there to remove. They leave some hundred
//! records behind, which end within two hours.
//!
//! Times are around the real time, so that a storage may leave expiry to an engine with a clock of its own, which must
//! be right to within some minutes, and may leave a record for as long after its end. Wherever a record has expired,
//! the tests take both for right: that it is gone, and that it is still there; but it is never listed. One that ended
//! an hour ago is gone after a `delete_expired`.
//!
//! A value must come back as the same text, not only as the same JSON. A column type that rewrites JSON (PostgreSQL's
//! `jsonb`, for one) does not keep the contract; a text or binary column does.
//!
//! The tests of concurrency send sixteen requests at once, and want a runtime of several threads, as the macro's tests
//! have. On a runtime of one thread they still take turns at every await.

#[macro_use]
mod sentences;

mod changes;
mod concurrency;
mod delete;
mod delete_owned;
mod expiry;
mod ids;
mod list;
mod load_many;
mod owners;
mod parallel;
mod revalidate;
mod round_trip;
mod save;
mod steps;
mod touch;
mod two_handles;

pub use self::two_handles::TwoHandles;

#[doc(hidden)]
pub use self::parallel::run;

storage_conformance! { @sentences exports {} }

//! The memory storage: the contract, and what it promises beyond.

mod bytes;
#[cfg(feature = "conformance")]
mod contract;
mod evictable;
mod eviction;
mod expiry;
mod model;
mod registers;
mod resident;
mod steps;

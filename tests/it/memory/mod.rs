//! The memory storage: the contract, and what it promises beyond.

#[cfg(feature = "conformance")]
mod contract;
mod eviction;
mod expiry;
mod model;
mod registers;
mod steps;

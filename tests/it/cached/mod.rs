//! The cache in front of a remote storage: the contract, what it never serves, and its bounds.

#[cfg(feature = "conformance")]
mod contract;
mod races;
mod remote;

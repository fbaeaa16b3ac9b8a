//! The cache in front of a remote storage: the contract, what it never serves, and its bounds.

mod bounds;
mod concurrency;
#[cfg(feature = "conformance")]
mod contract;
mod counts;
mod house;
mod listening;
mod many;
mod nodes;
mod owned;
mod races;
mod remote;
mod stamps;
mod touches;

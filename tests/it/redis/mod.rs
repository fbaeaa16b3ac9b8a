//! Redis: the contract on one server, Sentinel and Cluster, and what each promises when servers and networks fail.

mod app;
mod cluster;
#[cfg(feature = "conformance")]
mod contract;
mod counts;
mod garbage;
mod requests;
mod server;
mod steps;

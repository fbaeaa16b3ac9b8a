//! Redis: the contract on one server, Sentinel and Cluster, and what each promises when servers and networks fail.

mod app;
mod cluster;
#[cfg(feature = "conformance")]
mod contract;
mod counts;
mod cuts;
mod faults;
mod garbage;
mod proxy;
mod requests;
mod server;
mod steps;

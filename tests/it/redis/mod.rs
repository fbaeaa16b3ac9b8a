//! Redis: the contract on one server, Sentinel and Cluster, and what each promises when servers and networks fail.

mod app;
mod backends;
mod before;
mod cluster;
mod connect;
#[cfg(feature = "conformance")]
mod contract;
mod counts;
mod cuts;
mod deposed;
mod ended;
mod evicting;
mod failover;
mod faults;
mod full;
mod garbage;
mod ids;
mod late_saves;
mod listening;
mod moves;
mod owner_set;
mod owners;
mod proxy;
mod refusing;
mod replicas;
mod sentinel;
mod server;
mod steps;
mod writers;

pub(crate) use backends::{CachedServer, OneMaster, OneServer, SixNodes};
pub(crate) use server::Server as RedisServer;

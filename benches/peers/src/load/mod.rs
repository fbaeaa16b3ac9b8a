//! Loads a variant over loopback: it in a process of its own, `wrk` in another.

mod server;
mod sockets;
mod table;
pub mod visitor;
mod wrk;

pub use self::server::{Server, serve};
pub use self::sockets::run as sockets;
pub use self::table::print;
pub use self::visitor::cookies;
pub use self::wrk::Wrk;

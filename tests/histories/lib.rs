//! Histories: several processes of one program work on common sessions over real servers, which are killed, paused, cut
//! off, failed over and filled meanwhile. A checker says of what the clients saw whether it keeps the crate's promises.
//!
//! - [`history`]: what one request is
//! - [`checker`]: what a history is held to
//! - [`worker`]: a process of the application
//! - [`client`]: who sends the requests, and notes the answers
//! - [`faults`]: the servers, and what goes wrong
//! - [`run`]: all of it together
//!
//! A process kills and pauses only what it has started itself.

pub mod checker;
pub mod client;
pub mod faults;
pub mod history;
mod redis;
pub mod run;
mod sql;
mod support;
pub mod worker;

/// Whatever keeps a run from being made.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

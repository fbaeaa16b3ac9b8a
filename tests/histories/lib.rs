//! Histories: several processes of one program work on common sessions over real servers, which are killed, paused, cut
//! off, failed over and filled meanwhile. A checker says of what the clients saw whether it keeps the crate's promises.
//!
//! - [`history`]: what one request is
//! - [`checker`]: what a history is held to

pub mod checker;
pub mod history;

//! What the tests share: a browser, a clock, a storage that counts, fails and waits, and the log.

mod browser;
mod clock;
mod log;
mod spy;

pub(crate) use browser::{Browser, Reply};
pub(crate) use clock::Clock;
pub(crate) use log::Log;
pub(crate) use spy::{Call, Calls, Fault, Spy};

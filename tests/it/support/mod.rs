//! What the tests share: a browser, a clock, a storage that counts, fails and waits, and the log.

mod backend;
mod browser;
mod clock;
#[cfg(any(feature = "redis", feature = "postgres", feature = "sqlite"))]
mod disk;
mod gate;
mod log;
mod set_cookie;
mod setup;
mod spy;
mod visit;
mod visitor;

pub(crate) use backend::{Backend, Cached, Memory, on_each_storage, on_storage};
pub(crate) use browser::{Browser, Reply};
pub(crate) use clock::Clock;
#[cfg(any(feature = "redis", feature = "postgres", feature = "sqlite"))]
pub(crate) use disk::limit_files;
pub(crate) use gate::Gate;
pub(crate) use log::Log;
pub(crate) use set_cookie::{SetCookie, attributes, id_of, token_bytes};
pub(crate) use setup::Setup;
pub(crate) use spy::{Call, Calls, Fault, Spy};
pub(crate) use visit::{Visit, Work, hang_up, wait_for_test};
pub(crate) use visitor::visitor_routes;

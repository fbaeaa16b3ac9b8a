//! What goes wrong meanwhile: `engine` says what can be done to a storage's servers, `engines` does it, `processes` are
//! the application's own, `proxy` cuts connections.

mod engine;
mod engines;
mod processes;
mod proxy;

pub use engine::{Engine, Fault, NAMES, start};
pub use processes::Processes;

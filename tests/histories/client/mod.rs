//! The clients: they send requests to the processes, and note what they were told.
//!
//! `http` sends one, `slot` is what is known of a session, `recorder` notes, `step` chooses what comes next, `load` does
//! it, `clients` do that again and again, `probe` looks at what is left.

mod clients;
mod http;
mod load;
mod probe;
mod recorder;
mod slot;
mod step;

pub use clients::{run, wait};
pub use http::{Connection, Reply};
pub use load::Load;
pub use probe::{probe, settle};
pub use recorder::Recorder;
pub use slot::Ended;

/// A session is written to so many times at most, which bounds what a read shows.
pub const MARKS: u32 = 40;

//! A run: servers, processes, clients and faults together (`experiment`), and what came of it (`report`). `soak` is a
//! long one, after which the processes must have no more in their hands than before (`growth`).

mod experiment;
mod growth;
mod nemesis;
mod report;
mod soak;

pub use experiment::{Experiment, experiment};
pub use report::Report;
pub use soak::soak;

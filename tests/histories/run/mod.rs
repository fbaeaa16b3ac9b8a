//! A run: servers, processes, clients and faults together (`experiment`), and what came of it (`report`).

mod experiment;
mod nemesis;
mod report;

pub use experiment::{Experiment, experiment};
pub use report::Report;

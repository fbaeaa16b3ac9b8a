//! A process of the application. `config` says which, `run` serves it; `ours` and `peer` are the same application on
//! this crate and on tower-sessions. `unconditional` takes the condition out of a storage's saves.

mod answer;
mod config;
mod figures;
mod ours;
mod peer;
mod run;
mod unconditional;

pub use answer::{Answer, Ask};
pub use config::{Config, Storage};
pub use figures::Figures;
pub use run::run;

//! A process of the application. `config` says which, `run` serves it; `ours` and `peer` are the same application on
//! this crate and on tower-sessions. Two flaws are there to be found: `unconditional` takes the condition out of a
//! storage's saves, and `leak` keeps more and more of everything. `figures` says what a process has in its hands.

mod answer;
mod config;
mod figures;
mod leak;
mod ours;
mod peer;
mod run;
mod unconditional;

pub use answer::{Answer, Ask};
pub use config::{Config, Storage};
pub use figures::Figures;
pub use run::run;

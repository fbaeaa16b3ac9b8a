//! Whether a history keeps what the crate promises. In time n log n of the history's length, for sessions of bounded
//! contents.
//!
//! Read [`check`] first, then what it asks of each session: its `contents`, their `order`, how it ends (`endings`), its
//! `time` and its `secrets`. Order and endings stand on `layers`; `shortest` makes of a history that fails one to be
//! read.

mod check;
mod contents;
mod endings;
mod layers;
mod order;
mod rules;
mod secrets;
mod shortest;
mod time;
mod violation;

pub use check::{check, count};
pub use rules::Rules;
pub use shortest::shortest;
pub use violation::{Kind, Violation};

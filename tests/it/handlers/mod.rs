//! What handlers may do: answer with any status, panic, and work on one session in several places.

mod beside;
mod clones;
mod drops;
mod panics;
mod statuses;

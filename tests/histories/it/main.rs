//! The checker on histories made by hand and at random, and on those of real processes: each engine under faults, and
//! storages with flaws, which it must find.

mod checker;
mod engines;
mod flawed;
mod program;
mod soak;

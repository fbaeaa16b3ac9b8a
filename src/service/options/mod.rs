//! The options of the builder, by what they are about.

mod accounts;
mod cookie;
mod limits;
mod renewal;
mod testing;

//! The options of the builder, by what they are about.

mod accounts;
mod cookie;
#[cfg(feature = "device-bound")]
mod device_bound;
mod limits;
mod testing;

//! Sessions that are bound to a device (Device Bound Session Credentials).
//!
//! Read `enforce`, which every request of a bound session passes, whatever features there are; then `endpoints`, with
//! `register` and `refresh`, where browsers prove that they have the device's key; and `extract`, for handlers that ask
//! for it.

#[cfg(feature = "device-bound")]
mod endpoints;
mod enforce;
#[cfg(feature = "device-bound")]
mod extract;
#[cfg(feature = "device-bound")]
mod refresh;
#[cfg(feature = "device-bound")]
mod register;

#[cfg(feature = "device-bound")]
pub(super) use endpoints::handle;
#[cfg(feature = "device-bound")]
pub use extract::{DeviceBoundSession, DeviceBoundSessionRejection};

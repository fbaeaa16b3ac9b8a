//! How a secret travels: in which header, with which attributes, and what else a response then says.
//!
//! Read `config_error`, then `cookie/` and `bearer`, then `headers` and `clear_site_data`; and
//! `device_bound/`, a protocol of its own.

pub(crate) mod bearer;
pub(crate) mod clear_site_data;
pub(crate) mod config_error;
pub(crate) mod cookie;
#[cfg(feature = "device-bound")]
pub(crate) mod device_bound;
pub(crate) mod headers;

//! How a secret travels: in which header, with which attributes, and what else a response then says.
//!
//! Read `config_error`, then `cookie/`, then `headers` and `clear_site_data`.

pub(crate) mod clear_site_data;
pub(crate) mod config_error;
pub(crate) mod cookie;
pub(crate) mod headers;

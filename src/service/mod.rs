//! What an application holds: the service behind its sessions, and how that is configured.
//!
//! Read `event` and `suspected_theft`, `session_limit/limit` and `policy`, which are values; then `service`, which asks the storage, `readable`, which
//! knows what to do with a record that cannot be read, `report`, which tells, and the rest of `session_limit/`; then what the application sees of it: `session_info`, `sessions`, `clean_up`; and last
//! `builder` with its `options/`.

pub(crate) mod builder;
mod clean_up;
pub(crate) mod event;
mod options;
pub(crate) mod policy;
mod readable;
mod report;
#[allow(clippy::module_inception)]
pub(crate) mod service;
pub(crate) mod session_info;
pub(crate) mod session_limit;
pub(crate) mod sessions;
pub(crate) mod suspected_theft;

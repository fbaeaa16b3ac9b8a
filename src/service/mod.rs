//! What an application holds: the service behind its sessions, and how that is configured.
//!
//! Read `event` and `suspected_theft`, `session_limit/limit` and `policy`, which are values, `queue`, where writers
//! wait, and `advice`, which is given once; then `service`, which asks the storage, `save` and `readable`, which know
//! what to do where it has no answer, `report` and `watches`, which tell, and `session_limit/` with `end`; then what
//! the application sees of it: `session_info`, `sessions`, `clean_up`; and last `builder` with its `options/`.

mod advice;
pub(crate) mod builder;
mod clean_up;
mod end;
pub(crate) mod event;
mod options;
pub(crate) mod policy;
pub(crate) mod queue;
mod readable;
mod report;
pub(crate) mod save;
#[allow(clippy::module_inception)]
pub(crate) mod service;
pub(crate) mod session_info;
pub(crate) mod session_limit;
pub(crate) mod sessions;
pub(crate) mod suspected_theft;
mod watches;

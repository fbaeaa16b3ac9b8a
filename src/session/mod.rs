//! What a handler holds: a typed map, the changes made to it, and how they are replayed.
//!
//! Read `stored`, `limits` and `held`, what a request knows; `operation`, `draft` and `changes`, what it changes;
//! `next_record`, `outcome` and `attempt`, the write that this becomes; `state`, in which all of these are, with what
//! follows from it: `upkeep` and `outgoing`; and `binding`, how a session comes to be bound to a device. `session` puts
//! a lock around that, `handled` knows whose handler panics; `reading` and `access` are its side towards the handler,
//! `saving` that towards the storage. `handle`, `data`, `update`, `lifecycle`, `times`, `account`, `stamp`, `bearer`
//! and `key` are what a handler sees; `mismatch` says why a value is not what it asks for.

mod access;
mod account;
mod attempt;
mod bearer;
mod binding;
mod changes;
mod data;
mod draft;
mod error;
mod handle;
mod handled;
mod held;
mod key;
mod lifecycle;
mod limits;
mod mismatch;
mod next_record;
mod operation;
mod outcome;
mod outgoing;
mod reading;
mod saving;
mod secret_change;
#[allow(clippy::module_inception)]
mod session;
mod stamp;
mod state;
mod stored;
mod times;
mod update;
mod upkeep;

pub(crate) use attempt::Attempt;
pub(crate) use data::parse;
pub use data::{DefaultScope, SessionData};
pub use error::SessionError;
pub(crate) use handle::{Answer, Handle, Reload};
pub(crate) use held::Held;
pub use key::{Key, KeyFor};
pub(crate) use limits::Limits;
pub(crate) use outcome::{Outcome, Written};
pub(crate) use outgoing::Outgoing;
pub(crate) use saving::Change;
pub(crate) use session::{Opened, Session};
pub(crate) use stored::Stored;

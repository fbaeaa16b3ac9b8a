//! What a handler holds: a typed map, the changes made to it, and how they are replayed.

mod access;
mod account;
mod attempt;
mod data;
mod detached;
mod draft;
mod error;
mod handle;
mod key;
mod lifecycle;
mod limits;
mod logged_in;
mod operation;
mod request;
mod saving;
mod secret_change;
mod state;
mod upkeep;

pub(crate) use attempt::{Attempt, Replayed};
pub(crate) use data::parse;
pub use data::{DefaultScope, SessionData};
pub use error::SessionError;
pub(crate) use handle::{Answer, Handle};
pub use key::{Key, KeyFor};
pub(crate) use limits::Limits;
pub(crate) use logged_in::LoggedIn;
pub(crate) use request::{Concluded, Session};
pub(crate) use saving::Change;
pub(crate) use state::Stored;

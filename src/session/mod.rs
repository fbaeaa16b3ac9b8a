//! What a handler holds: a typed map, the changes made to it, and how they are replayed.

mod access;
mod attempt;
mod data;
mod draft;
mod error;
mod handle;
mod key;
mod lifecycle;
mod operation;
mod state;

pub(crate) use attempt::{Attempt, Replayed};
pub(crate) use data::parse;
pub use data::{DefaultScope, SessionData};
pub use error::SessionError;
pub(crate) use handle::{Answer, Handle};
pub use key::{Key, KeyFor};
pub(crate) use state::{Change, Limits, Session, Stored};

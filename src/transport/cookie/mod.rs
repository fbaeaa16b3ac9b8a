//! The session cookie: read from bytes, written into one buffer.

mod bound;
mod config;
mod former;
mod not_kept;
mod reader;
mod signature;
mod writer;

pub(crate) use config::CookieConfig;
pub use former::FormerCookie;
pub(crate) use not_kept::why_not_kept;
pub(crate) use reader::{Candidate, candidates};
pub use signature::SigningKey;
pub(crate) use signature::{Signatures, Signed};
pub(crate) use writer::CookieWriter;

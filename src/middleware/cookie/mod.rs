//! The session cookie: read from bytes, written into one buffer.

mod config;
mod reader;
mod signature;
mod writer;

pub(super) use config::CookieConfig;
pub(super) use reader::{Candidate, candidates};
pub use signature::SigningKey;
pub(super) use signature::{Signatures, Signed};
pub(super) use writer::CookieWriter;

//! The session cookie: read from bytes, written into one buffer.

mod config;
mod reader;
mod signature;
mod writer;

pub(crate) use config::CookieConfig;
pub(crate) use reader::{Candidate, candidates};
pub use signature::SigningKey;
pub(crate) use signature::{Signatures, Signed};
pub(crate) use writer::CookieWriter;

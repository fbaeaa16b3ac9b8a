//! The session cookie: read from bytes, written into one buffer.

mod config;
mod reader;
mod writer;

pub(super) use config::CookieConfig;
pub(super) use reader::candidates;
pub(super) use writer::CookieWriter;

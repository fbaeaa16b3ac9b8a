//! What a session is: its public id, its secret's digest, its values and its limits. No I/O, no HTTP.

mod block;
mod codec;
mod decode_error;
mod id;
mod renewal;
mod session_record;
mod timeouts;
mod timestamp;
mod token;
mod values;

pub(crate) use block::{Entry, Text};
pub use decode_error::DecodeError;
pub use id::{ParseSessionIdError, SessionId};
pub(crate) use renewal::Opens;
pub use session_record::{SessionRecord, Version};
pub use timeouts::Timeouts;
pub use timestamp::Timestamp;
pub use token::Digest;
pub(crate) use token::{Secret, Token};
pub use values::Values;

//! What a session is: its public id, its secret's digest, its values and its limits. No I/O, no HTTP.
//!
//! Read `timestamp`, `timeouts`, `id`, `random`, `redacted`, `token`, `transport`; then `readable`, `block` and
//! `values`; `session_record`, with what it knows of former secrets (`former_secret`, `renewal`), of its owner's
//! credentials (`stamps`), of its latest writes (`marks`) and of its device (`binding`); and last `codec`, its stored
//! form.

mod binding;
mod block;
mod codec;
mod decode_error;
mod footprint;
mod former_secret;
mod id;
mod marks;
mod random;
mod readable;
mod redacted;
mod renewal;
mod session_record;
mod stamps;
mod timeouts;
mod timestamp;
mod token;
mod transport;
mod values;

#[cfg(feature = "device-bound")]
pub(crate) use binding::DeviceKey;
pub(crate) use binding::{Binding, BindingKey, BoundCookie};
pub(crate) use block::{Entry, Text};
pub use decode_error::DecodeError;
pub(crate) use former_secret::Opens;
pub use id::{ParseSessionIdError, SessionId};
pub(crate) use marks::Written;
pub(crate) use random::Random;
pub(crate) use redacted::redacted;
pub(crate) use renewal::grace;
pub use session_record::{SessionRecord, Version};
pub(crate) use stamps::Stamps;
pub use timeouts::Timeouts;
pub(crate) use timeouts::saturate;
pub use timestamp::Timestamp;
pub use token::Digest;
pub(crate) use token::{Nonce, Secret, Token};
pub use transport::{BearerToken, Transport};
pub use values::Values;

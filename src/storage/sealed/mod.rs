//! A storage whose values are encrypted at rest. Read `key`, then `seal`, then `storage`.

mod key;
mod seal;
mod storage;

pub use key::SealingKey;
pub use storage::SealedSessionStorage;

use redis::Value;
use uuid::Uuid;

use super::storage::RedisSessionStorage;
use crate::record::SessionId;

impl RedisSessionStorage {
    pub(super) fn key(&self, id: SessionId) -> Vec<u8> {
        let mut buffer = Uuid::encode_buffer();
        let id = Uuid::from(id).hyphenated().encode_lower(&mut buffer);
        [self.prefix.as_bytes(), id.as_bytes()].concat()
    }

    /// No id begins with this word.
    pub(super) fn owner_key(&self, owner: &[u8]) -> Vec<u8> {
        [self.prefix.as_bytes(), b"owner:", owner].concat()
    }
}

/// The session whose key that is. An owner's set is none.
pub(super) fn session(prefix: &str, key: &Value) -> Option<SessionId> {
    let Value::BulkString(key) = key else {
        return None;
    };
    let id = key.strip_prefix(prefix.as_bytes())?;
    Uuid::try_parse_ascii(id).ok().map(SessionId::from)
}

/// The pattern of all keys with that prefix.
pub(super) fn pattern(prefix: &str) -> Vec<u8> {
    let mut pattern = Vec::with_capacity(prefix.len() + 1);
    for byte in prefix.bytes() {
        if b"*?[]\\".contains(&byte) {
            pattern.push(b'\\');
        }
        pattern.push(byte);
    }
    pattern.push(b'*');
    pattern
}

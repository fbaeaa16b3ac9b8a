use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use redis::{ErrorKind, RedisError, ServerErrorKind, Value};

use super::link::{Failure, Link, command, unexpected};
use super::storage::{RedisSessionStorage, failed};
use super::stored::{self, NONCES};
use crate::record::{SessionId, SessionRecord, Version};
use crate::storage::{Saved, StorageError};

/// An owner's set keeps an id for a minute though there is no record. A save that took nearly so long has not happened in time.
const LONGEST: Duration = Duration::from_secs(30);

/// One save, with all that its script takes.
pub(super) struct Save<'a> {
    storage: &'a RedisSessionStorage,
    id: SessionId,
    key: Vec<u8>,
    /// The beginning of what must be stored; `None`: nothing.
    expected: Option<[u8; 12]>,
    version: Version,
    nonce: [u8; 8],
    head: [u8; 32],
    json: Vec<u8>,
    millis: String,
    owned: Option<Owned>,
}

/// Where a session with an owner is listed.
struct Owned {
    key: Vec<u8>,
    last_hour: u32,
}

impl<'a> Save<'a> {
    pub(super) fn new(
        storage: &'a RedisSessionStorage,
        id: SessionId,
        record: &SessionRecord,
        expected: Option<Version>,
    ) -> Result<Self, StorageError> {
        let owned = record.owner.as_deref().map(|owner| Owned {
            key: storage.owner_key(owner),
            last_hour: stored::last_hour(record.expires_at),
        });
        let last_hour = owned.as_ref().map_or(0, |owned| owned.last_hour);
        Ok(Self {
            storage,
            id,
            key: storage.key(id),
            expected: expected.map(stored::expected),
            version: record.version,
            nonce: storage.inner.nonces.next(),
            head: stored::head(record, last_hour),
            json: record.to_json().map_err(StorageError::new)?,
            millis: stored::millis(record.expires_at).to_string(),
            owned,
        })
    }

    pub(super) async fn run(&self) -> Result<Saved, StorageError> {
        let Some(owned) = &self.owned else {
            return self.write(None).await;
        };
        if !self.storage.inner.is_split.load(Ordering::Relaxed) {
            match self.write(Some(owned)).await {
                Err(error) if is_cross_slot(&error) => {
                    self.storage.inner.is_split.store(true, Ordering::Relaxed);
                }
                result => return result,
            }
        }
        // In a box, as a second sending: with them, the future of every save would be too long for the quick part of `malloc`.
        Box::pin(self.write_apart(owned)).await
    }

    /// The set first: if this ends between the two, the set names a session that is not there, which a list drops later.
    async fn write_apart(&self, owned: &Owned) -> Result<Saved, StorageError> {
        let begun = Instant::now();
        let set = self.storage.owner_set(owned.key.clone());
        set.add(self.id, owned.last_hour).await.map_err(failed)?;
        let saved = self.write(None).await?;
        if begun.elapsed() > LONGEST {
            return Err(StorageError::timed_out());
        }
        Ok(saved)
    }

    /// Writes the record, and with it on the same node the owner's set.
    async fn write(&self, owned: Option<&Owned>) -> Result<Saved, StorageError> {
        let first = match owned {
            None if self.expected.is_none() => self.create().await,
            _ => self.send(owned, false).await,
        };
        let error = match first {
            Ok(reply) => return self.answer(reply),
            Err(error) => error,
        };
        match Failure::from(&error) {
            Failure::Elsewhere => {}
            Failure::Cut if self.can_repeat(owned) => {}
            _ => return Err(failed(error)),
        }
        let reply = Box::pin(self.send(owned, true)).await;
        let saved = self.answer(reply.map_err(failed)?)?;
        if let Saved::Conflict(Some(current)) = &saved {
            // With so many writes since, the nonces no longer tell whether the first sending was applied.
            let current = u64::from(current.version);
            if current.wrapping_sub(self.version.into()) >= NONCES
                && current >= u64::from(self.version)
            {
                return Err(failed(error));
            }
        }
        Ok(saved)
    }

    /// Whether a second sending cannot bring back a session that was created by the first and deleted since. Without an
    /// owner nobody knows of it yet; with one, the owner's set tells, if it was written in the same step.
    fn can_repeat(&self, owned: Option<&Owned>) -> bool {
        self.expected.is_some() || self.owned.is_none() || owned.is_some()
    }

    /// Creates a record and nothing else, by a plain command: the script takes the server several times as long.
    async fn create(&self) -> Result<Value, RedisError> {
        let inner = &self.storage.inner;
        if !inner.needs_script.load(Ordering::Relaxed) {
            let value = stored::first(&self.head, &self.nonce, &self.json);
            let millis = self.millis.as_bytes();
            let set = command(&[b"SET", &self.key, &value, b"NX", b"PXAT", millis]);
            match self.storage.writes().send(&set).await {
                Ok(Value::Okay) => return Ok(Value::Int(1)),
                // Something is stored, and the script returns it.
                Ok(_) => {}
                // Before Redis 6.2, which does not know the option.
                Err(error) if error.code() == Some("ERR") => {
                    inner.needs_script.store(true, Ordering::Relaxed);
                }
                Err(error) => return Err(error),
            }
        }
        self.send(None, false).await
    }

    async fn send(&self, owned: Option<&Owned>, again: bool) -> Result<Value, RedisError> {
        let again: &[u8] = if again { b"1" } else { b"0" };
        let mut keys: Vec<&[u8]> = vec![&self.key];
        let mut arguments: Vec<&[u8]> = vec![
            self.expected.as_ref().map_or(&[], |expected| expected),
            &self.nonce,
            &self.head,
            &self.json,
            self.millis.as_bytes(),
            again,
        ];
        let last_hour = owned.map(|owned| owned.last_hour.to_string());
        if let (Some(owned), Some(last_hour)) = (owned, &last_hour) {
            keys.push(&owned.key);
            arguments.push(self.id.as_bytes());
            arguments.push(last_hour.as_bytes());
        }
        let inner = &self.storage.inner;
        let link = self.storage.writes();
        inner.scripts.save.run(&link, &keys, &arguments).await
    }

    fn answer(&self, reply: Value) -> Result<Saved, StorageError> {
        match reply {
            Value::Int(1) => Ok(Saved::Done),
            Value::Nil => Ok(Saved::Conflict(None)),
            Value::BulkString(value) => {
                let current: Arc<_> = stored::decode(&value)?;
                Ok(Saved::Conflict(Some(current)))
            }
            _ => Err(failed(unexpected())),
        }
    }
}

fn is_cross_slot(error: &StorageError) -> bool {
    let source = std::error::Error::source(error);
    source
        .and_then(|source| source.downcast_ref::<RedisError>())
        .is_some_and(|error| error.kind() == ErrorKind::Server(ServerErrorKind::CrossSlot))
}

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use redis::{ErrorKind, RedisError, ServerErrorKind, Value};

use super::link::{Failure, Link, command, unexpected};
use super::problem::{Problem, failed};
use super::storage::RedisSessionStorage;
use super::stored;
use crate::record::{SessionId, SessionRecord, Version};
use crate::storage::{Saved, StorageError};

/// An owner's set keeps an id for a minute though there is no record. A save that took nearly so long has not happened
/// in time.
const LONGEST: Duration = Duration::from_secs(30);

/// One save, with all that its script takes.
pub(super) struct Save<'a> {
    storage: &'a RedisSessionStorage,
    id: SessionId,
    record: &'a SessionRecord,
    key: Vec<u8>,
    /// The beginning of what must be stored; `None`: nothing.
    expected: Option<[u8; 12]>,
    head: [u8; 32],
    owner: Vec<u8>,
    json: Vec<u8>,
    millis: String,
    listing: Option<Listing>,
}

/// Where a session with an owner is listed.
struct Listing {
    key: Vec<u8>,
    last_hour: u32,
    /// The hour that the set must reach.
    hour: String,
}

/// What a write has to do with the owner's set.
#[derive(Clone, Copy)]
enum Lists<'a> {
    /// Nothing.
    Nowhere,
    /// It writes the set too.
    Here(&'a Listing),
    /// The set has been written, with this stamp.
    Elsewhere([u8; 4]),
}

/// What a write was answered.
struct Written {
    saved: Saved,
    /// The owner that the session no longer has, and the stamp in that owner's set.
    former: Option<(Vec<u8>, [u8; 4])>,
}

impl From<Saved> for Written {
    fn from(saved: Saved) -> Self {
        Self {
            saved,
            former: None,
        }
    }
}

impl<'a> Save<'a> {
    pub(super) fn new(
        storage: &'a RedisSessionStorage,
        id: SessionId,
        record: &'a SessionRecord,
        expected: Option<Version>,
    ) -> Result<Self, StorageError> {
        let owner = record.owner.as_deref();
        let listing = owner.map(|owner| Listing {
            key: storage.owner_key(owner.as_bytes()),
            last_hour: stored::last_hour(record.expires_at),
            hour: stored::hour(record.expires_at).to_string(),
        });
        let last_hour = listing.as_ref().map_or(0, |listing| listing.last_hour);
        Ok(Self {
            storage,
            id,
            record,
            key: storage.key(id),
            expected: expected.map(stored::expected),
            head: stored::head(record, last_hour),
            owner: stored::owner(owner),
            json: record.to_json().map_err(StorageError::new)?,
            millis: stored::dropped_at(record.expires_at).to_string(),
            listing,
        })
    }

    pub(super) async fn run(&self) -> Result<Saved, StorageError> {
        let written = self.write_listed().await?;
        if let Some((owner, stamp)) = written.former {
            Box::pin(self.storage.unlist(&owner, self.id, stamp)).await;
        }
        Ok(written.saved)
    }

    async fn write_listed(&self) -> Result<Written, StorageError> {
        let Some(listing) = &self.listing else {
            return self.write(Lists::Nowhere).await;
        };
        if !self.storage.inner.is_split.load(Ordering::Relaxed) {
            match self.write(Lists::Here(listing)).await {
                Err(error) if Problem::is_cross_slot(&error) => {
                    self.storage.inner.is_split.store(true, Ordering::Relaxed);
                }
                result => return result,
            }
        }
        // In a box, as a second sending: with them, the future of every save would be too long for the quick part of
        // `malloc`.
        Box::pin(self.write_apart(listing)).await
    }

    /// The set first: if this ends between the two, the set names a session that is not there, which a list drops
    /// later. Where the record is not written, the id is taken back, unless the session is the owner's all the same.
    async fn write_apart(&self, listing: &Listing) -> Result<Written, StorageError> {
        let begun = Instant::now();
        let set = self.storage.owner_set(listing.key.clone());
        let added = set.add(self.id, listing.last_hour).await.map_err(failed)?;
        let written = self.write(Lists::Elsewhere(added.stamp)).await?;
        let is_left_over = match &written.saved {
            Saved::Done => false,
            // What has ended stays so. Nobody knows yet of a creation that is still under way, and the save that finds it
            // made puts the id back.
            Saved::Conflict(None) => true,
            // Another save may be about to give it to the owner.
            Saved::Conflict(Some(current)) => current.owner != self.record.owner && added.is_alone,
        };
        if is_left_over {
            set.drop(&[(self.id, Some(added.stamp))]).await;
        }
        if begun.elapsed() > LONGEST {
            return Err(StorageError::timed_out());
        }
        Ok(written)
    }

    /// Writes the record, and with it on the same node the owner's set.
    async fn write(&self, lists: Lists<'_>) -> Result<Written, StorageError> {
        let first = match lists {
            Lists::Nowhere if self.expected.is_none() => self.create().await,
            _ => self.send(lists, false).await,
        };
        let error = match first {
            Ok(reply) => return answer(reply),
            Err(error) => error,
        };
        match Failure::from(&error) {
            Failure::Elsewhere => {}
            Failure::Cut if self.can_repeat(lists) => {}
            _ => return Err(failed(error)),
        }
        let reply = Box::pin(self.send(lists, true)).await;
        let mut written = answer(reply.map_err(failed)?)?;
        if let Saved::Conflict(Some(current)) = &written.saved
            && **current == *self.record
        {
            written.saved = Saved::Done;
        }
        Ok(written)
    }

    /// Whether a creation may be sent again, as its record tells whether the first sending was applied, and cannot bring
    /// back a session that was deleted since: without an owner nobody knows of it yet; with one, the owner's set tells,
    /// if it was written in the same step.
    fn can_repeat(&self, lists: Lists<'_>) -> bool {
        self.expected.is_none() && !matches!(lists, Lists::Elsewhere(_))
    }

    /// Creates a record and nothing else, by a plain command: the script takes the server several times as long.
    async fn create(&self) -> Result<Value, RedisError> {
        let inner = &self.storage.inner;
        if !inner.needs_script.load(Ordering::Relaxed) {
            let value = stored::without_owner(&self.head, &self.json);
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
        self.send(Lists::Nowhere, false).await
    }

    async fn send(&self, lists: Lists<'_>, again: bool) -> Result<Value, RedisError> {
        let again: &[u8] = if again { b"1" } else { b"0" };
        let link = self.storage.writes();
        let (listing, stamp) = match lists {
            Lists::Nowhere => (None, [0; 4]),
            Lists::Here(listing) => (Some(listing), [0; 4]),
            Lists::Elsewhere(stamp) => (None, stamp),
        };
        let mut keys: Vec<&[u8]> = vec![&self.key];
        let mut arguments: Vec<&[u8]> = vec![
            self.expected.as_ref().map_or(&[], |expected| expected),
            &self.head,
            &stamp,
            &self.owner,
            &self.json,
            self.millis.as_bytes(),
            again,
            link.waits(),
        ];
        let last_hour = listing.map(|listing| listing.last_hour.to_string());
        if let (Some(listing), Some(last_hour)) = (listing, &last_hour) {
            keys.push(&listing.key);
            arguments.push(self.id.as_bytes());
            arguments.push(last_hour.as_bytes());
            arguments.push(listing.hour.as_bytes());
        }
        let save = &self.storage.inner.scripts.save;
        save.run(&link, &keys, &arguments).await
    }
}

fn answer(reply: Value) -> Result<Written, StorageError> {
    match reply {
        Value::Int(1) => Ok(Saved::Done.into()),
        Value::Nil => Ok(Saved::Conflict(None).into()),
        Value::BulkString(value) => {
            let current: Arc<_> = stored::decode(&value)?;
            Ok(Saved::Conflict(Some(current)).into())
        }
        Value::Array(former) => {
            let former = <[Value; 2]>::try_from(former);
            let [Value::BulkString(owner), Value::BulkString(stamp)] =
                former.map_err(|_| failed(unexpected()))?
            else {
                return Err(failed(unexpected()));
            };
            let stamp = stamp.try_into().map_err(|_| failed(unexpected()))?;
            Ok(Written {
                saved: Saved::Done,
                former: Some((owner, stamp)),
            })
        }
        _ => Err(failed(unexpected())),
    }
}

/// Whether the keys of a command lie on several nodes.
pub(super) fn cross_slot(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::CrossSlot)
}

use std::sync::Arc;

use futures_util::TryStreamExt;
use futures_util::stream::{self, BoxStream, StreamExt};
use redis::{RedisError, RedisResult, Value};

use super::keys::{self, session};
use super::link::{Link, Replicated, Twice, command, has_code, unexpected};
use super::owners::{BATCH, array};
use super::problem::{Problem, failed};
use super::save::Save;
use super::storage::RedisSessionStorage;
use super::stored;
use crate::record::{DecodeError, SessionId, SessionRecord, Timestamp, Version};
use crate::storage::{Change, Owned, Saved, SessionStorage, StorageError};

/// How many sessions are asked for at once where each is asked for by itself.
const LOADED_AT_ONCE: usize = 32;

impl SessionStorage for RedisSessionStorage {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        let (key, inner) = (self.key(id), &self.inner);
        let get = command(&[b"GET", &key]);
        let mut reply = Twice(&*inner.link).send(&get).await;
        if matches!(reply, Ok(Value::Nil))
            && let Some(link) = self.looks()
        {
            // Its end may be on this server alone: no load tells of it before the replicas have it.
            reply = Box::pin(inner.scripts.load.run(&Twice(&link), &[&key], &[])).await;
        }
        match reply.map_err(failed)? {
            Value::Nil => Ok(None),
            Value::BulkString(value) => Ok(Some(stored::decode(&value)?)),
            _ => Err(failed(unexpected())),
        }
    }

    async fn load_many(
        &self,
        ids: &[SessionId],
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        let mut loaded = Vec::with_capacity(ids.len());
        for ids in ids.chunks(BATCH) {
            let found = self.load_all(ids).await?;
            for (id, found) in ids.iter().zip(found) {
                if let Found::Record(record) = found {
                    loaded.push((*id, record));
                }
            }
        }
        Ok(loaded)
    }

    async fn changes(&self) -> Result<BoxStream<'static, Change>, StorageError> {
        let prefix = Arc::clone(&self.prefix);
        let changes = self.inner.link.changes(prefix).ok_or(Problem::Given)?;
        let refused = |error| self.refused("CLIENT|TRACKING", &error);
        Ok(changes.await.map_err(refused)?)
    }

    fn ids(&self) -> BoxStream<'_, Result<SessionId, StorageError>> {
        let Some(keys) = self.inner.link.keys(keys::pattern(&self.prefix)) else {
            return stream::iter([Err(Problem::Given.into())]).boxed();
        };
        let sessions = |keys: Vec<Value>| {
            let sessions = keys.iter().filter_map(|key| session(&self.prefix, key));
            stream::iter(sessions.map(Ok).collect::<Vec<_>>())
        };
        let ids = keys.map_ok(sessions).try_flatten();
        ids.map_err(|error| self.refused("SCAN", &error).into())
            .boxed()
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        Save::new(self, id, &record, expected)?.run().await
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        let times = stored::times(last_seen, expires_at);
        match self.move_times(id, expected, times, expires_at).await? {
            Moved::Done => return Ok(true),
            Moved::OfOwner(owner, listed) => {
                let set = self.owner_set(self.owner_key(&owner));
                set.keep(id, &listed).await;
                return Ok(true);
            }
            Moved::No => return Ok(false),
            Moved::SetEndsBefore => {}
        }
        // Once in a month of touches: a save sees to the owner's set.
        let Some(mut record) = self.load(id).await? else {
            return Ok(false);
        };
        if record.version != expected {
            return Ok(false);
        }
        let moved = Arc::make_mut(&mut record);
        (moved.last_seen, moved.expires_at) = (last_seen, expires_at);
        let saved = self.save(id, record, Some(expected)).await?;
        Ok(saved == Saved::Done)
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        self.remove_one(id).await
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        let set = self.owner_set(self.owner_key(owner.as_bytes()));
        let ids = set.ids().await.map_err(failed)?;
        let (mut listed, mut ended) = (Vec::new(), Vec::new());
        for ids in ids.chunks(BATCH) {
            let found = self.load_all(ids).await?;
            for (id, found) in ids.iter().zip(found) {
                match found {
                    Found::Record(record) if record.owner.as_deref() != Some(owner) => {
                        ended.push((*id, None));
                    }
                    Found::Record(record) if record.is_expired(now) => {}
                    Found::Record(record) => listed.push((*id, record)),
                    // It is to be ended with the others.
                    Found::Malformed => {}
                    Found::Nothing => ended.push((*id, None)),
                }
            }
        }
        // An end that replicas lack may be undone, and the set must not miss the session then.
        if set.link.wait.is_none() {
            set.drop(&ended).await;
        }
        Ok(listed)
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        self.remove_owned(owner, which, now).await
    }

    async fn delete_expired(&self, _now: Timestamp) -> Result<u64, StorageError> {
        Ok(0)
    }
}

/// What became of a touch.
enum Moved {
    Done,
    /// Done, and the owner's set should have the session: the owner, and the hour and the stamp there.
    OfOwner(Vec<u8>, Vec<u8>),
    /// The record is at another version, or gone.
    No,
    /// The owner's set would lose the session before its new end.
    SetEndsBefore,
}

/// What is under an id.
enum Found {
    Record(Arc<SessionRecord>),
    /// No record, and so nothing that opens.
    Malformed,
    Nothing,
}

impl RedisSessionStorage {
    /// The connection for looks at what is not there, if they wait.
    fn looks(&self) -> Option<Replicated<'_>> {
        let wait = self.writes().wait?;
        let link = &**self.inner.looks.as_ref()?;
        Some(Replicated {
            link,
            wait: Some(wait),
        })
    }

    async fn move_times(
        &self,
        id: SessionId,
        expected: Version,
        times: [u8; 16],
        expires_at: Timestamp,
    ) -> Result<Moved, StorageError> {
        let key = self.key(id);
        let expected = stored::expected(expected);
        let millis = stored::dropped_at(expires_at).to_string();
        let hour = stored::hour(expires_at).to_string();
        let (touch, link) = (&self.inner.scripts.touch, self.writes());
        let arguments: [&[u8]; 5] = [
            &expected,
            &times,
            millis.as_bytes(),
            hour.as_bytes(),
            link.waits(),
        ];
        match touch.run(&Twice(&link), &[&key], &arguments).await {
            Ok(Value::Int(0)) => Ok(Moved::No),
            Ok(Value::Int(1)) => Ok(Moved::Done),
            Ok(Value::Int(2)) => Ok(Moved::SetEndsBefore),
            Ok(Value::Array(of_owner)) => match <[Value; 2]>::try_from(of_owner) {
                Ok([Value::BulkString(owner), Value::BulkString(listed)]) => {
                    Ok(Moved::OfOwner(owner, listed))
                }
                _ => Err(failed(unexpected())),
            },
            Ok(_) => Err(failed(unexpected())),
            Err(error) => Err(failed(error)),
        }
    }

    /// What is under some ids, in their order. What only a newer program can read is shown as what is known of it.
    async fn load_all(&self, ids: &[SessionId]) -> Result<Vec<Found>, StorageError> {
        let mut get = redis::cmd("MGET");
        for id in ids {
            get.arg(self.key(*id));
        }
        let reply = Twice(&*self.inner.link).send(&get).await;
        let values = match reply.and_then(array) {
            Err(error) if is_of_several_slots(&error) => self.get_each(ids).await,
            values => values,
        };
        let values = values.map_err(failed)?;
        let found = values.into_iter().map(|value| match value {
            Value::BulkString(value) => match stored::decode(&value) {
                Ok(record) => Found::Record(record),
                Err(DecodeError::NewerFormat { .. }) => {
                    stored::outside(&value).map_or(Found::Malformed, Found::Record)
                }
                Err(DecodeError::Malformed { .. }) => Found::Malformed,
            },
            _ => Found::Nothing,
        });
        Ok(found.collect())
    }

    /// The values under some ids, of which some are moving to another node: no one has all of a slot's then.
    async fn get_each(&self, ids: &[SessionId]) -> RedisResult<Vec<Value>> {
        let get = async |id: &SessionId| {
            let get = command(&[b"GET", &self.key(*id)]);
            Twice(&*self.inner.link).send(&get).await
        };
        let values = stream::iter(ids).map(get).buffered(LOADED_AT_ONCE);
        values.try_collect().await
    }
}

/// Whether a command about several keys can be made by no node, for one slot is moving to another.
fn is_of_several_slots(error: &RedisError) -> bool {
    has_code(error, "CROSSSLOT") || has_code(error, "TRYAGAIN")
}

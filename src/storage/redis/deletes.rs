use std::sync::atomic::Ordering;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use redis::{RedisResult, Value};

use super::link::{Failure, Twice, unexpected};
use super::owners::{NAMED_AT_ONCE, array};
use super::problem::failed;
use super::save::cross_slot;
use super::storage::RedisSessionStorage;
use super::stored::Removed;
use crate::record::{SessionId, Timestamp};
use crate::storage::{Owned, StorageError};

/// How many records are removed at the same time, where each takes a command.
const REMOVED_AT_ONCE: usize = 32;

impl RedisSessionStorage {
    /// Removes a record, whosever it is, and then its id from its owner's set.
    pub(super) async fn remove_one(&self, id: SessionId) -> Result<bool, StorageError> {
        let (key, link) = (self.key(id), self.writes());
        let delete = &self.inner.scripts.delete;
        let mut reply = delete.run(&link, &[&key], &[link.waits()]).await;
        let failure = reply.as_ref().err().map(Failure::from);
        if matches!(failure, Some(Failure::Cut | Failure::Elsewhere)) {
            reply = delete.run(&link, &[&key], &[link.waits()]).await;
        }
        let [removed] = <[Value; 1]>::try_from(reply.and_then(array).map_err(failed)?)
            .map_err(|_| failed(unexpected()))?;
        let Value::Array(parts) = removed else {
            // What is no longer there was removed by the first attempt, as far as anybody can tell.
            return Ok(failure == Some(Failure::Cut));
        };
        if let [Value::BulkString(part), Value::BulkString(owner)] = &parts[..]
            && let Some(removed) = Removed::read(part)
        {
            self.unlist(owner, id, removed.stamp).await;
        }
        Ok(true)
    }

    /// Drops the id of a session that an owner no longer has from the owner's set.
    pub(super) async fn unlist(&self, owner: &[u8], id: SessionId, stamp: [u8; 4]) {
        let set = self.owner_set(self.owner_key(owner));
        set.drop(&[(id, Some(stamp))]).await;
    }

    pub(super) async fn remove_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        let set = self.owner_set(self.owner_key(owner.as_bytes()));
        let ids = match which {
            Owned::One(id) => vec![id],
            Owned::All | Owned::AllBut(_) => {
                let mut ids = set.ids().await.map_err(failed)?;
                ids.retain(|id| which.names(*id));
                ids
            }
        };
        let removed = self.remove_all(owner, &ids).await.map_err(failed)?;
        let (mut alive, mut ended) = (Vec::new(), Vec::with_capacity(ids.len()));
        for (id, removed) in removed {
            if removed.as_ref().is_some_and(|it| it.was_alive(now)) {
                alive.push(id);
            }
            ended.push((id, removed.map(|it| it.stamp)));
        }
        set.drop(&ended).await;
        Ok(alive)
    }

    /// Removes those of these records that are `owner`'s.
    async fn remove_all(
        &self,
        owner: &str,
        ids: &[SessionId],
    ) -> RedisResult<Vec<(SessionId, Option<Removed>)>> {
        let mut removed = Vec::with_capacity(ids.len());
        let is_split = &self.inner.is_split;
        for ids in ids.chunks(NAMED_AT_ONCE) {
            if !is_split.load(Ordering::Relaxed) {
                match self.remove_together(owner, ids).await {
                    Err(error) if cross_slot(&error) => is_split.store(true, Ordering::Relaxed),
                    together => {
                        removed.extend(together?);
                        continue;
                    }
                }
            }
            let each = ids.iter().copied();
            let each = each.map(async |id| self.remove_together(owner, &[id]).await);
            let each = stream::iter(each).buffer_unordered(REMOVED_AT_ONCE);
            removed.extend(each.try_concat().await?);
        }
        Ok(removed)
    }

    /// Removes those of these records, which lie on one node, that are `owner`'s, in one step.
    async fn remove_together(
        &self,
        owner: &str,
        ids: &[SessionId],
    ) -> RedisResult<Vec<(SessionId, Option<Removed>)>> {
        let keys: Vec<_> = ids.iter().map(|id| self.key(*id)).collect();
        let keys: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
        let (delete, link) = (&self.inner.scripts.delete, self.writes());
        let arguments = [link.waits(), owner.as_bytes()];
        let reply = delete.run(&Twice(&link), &keys, &arguments).await;
        let removed = array(reply?)?.into_iter().map(|removed| match removed {
            Value::Array(parts) => match &parts[..] {
                [Value::BulkString(part), ..] => Removed::read(part),
                _ => None,
            },
            _ => None,
        });
        Ok(ids.iter().copied().zip(removed).collect())
    }
}

use redis::{RedisResult, Value};
use uuid::Uuid;

use super::link::{Link, Replicated, Twice, command, unexpected};
use super::scripts::Scripts;
use super::storage::RedisSessionStorage;
use crate::record::SessionId;

/// How many records a single command loads.
pub(super) const BATCH: usize = 64;
/// How many ids or records a single command names that loads none.
pub(super) const NAMED_AT_ONCE: usize = 512;

/// An addition to an owner's set.
pub(super) struct Added {
    pub(super) stamp: [u8; 4],
    /// Whether no other save can be under way that has added the id.
    pub(super) is_alone: bool,
}

/// An owner's set: the ids of the owner's sessions, and of some that have ended.
///
/// It never misses a live one. Its scores are explained at the scripts that write them.
pub(super) struct OwnerSet<'a> {
    pub(super) link: Replicated<'a>,
    pub(super) scripts: &'a Scripts,
    pub(super) key: Vec<u8>,
}

impl OwnerSet<'_> {
    /// Adds an id, which stays at least until `last_hour`.
    pub(super) async fn add(&self, id: SessionId, last_hour: u32) -> RedisResult<Added> {
        let last_hour = last_hour.to_string();
        let arguments: [&[u8]; 2] = [id.as_bytes(), last_hour.as_bytes()];
        let link = Twice(&self.link);
        let added = self
            .scripts
            .add
            .run(&link, &[&self.key], &arguments)
            .await?;
        match <[Value; 2]>::try_from(array(added)?) {
            Ok([Value::BulkString(stamp), Value::Int(is_alone)]) => Ok(Added {
                stamp: stamp.try_into().map_err(|_| unexpected())?,
                is_alone: is_alone == 1,
            }),
            _ => Err(unexpected()),
        }
    }

    /// Puts an id back that an eviction of the set has taken out, under the last hour and the stamp of its record.
    ///
    /// That it fails changes no answer: the next touch tries again.
    pub(super) async fn keep(&self, id: SessionId, listed: &[u8]) {
        let keep = &self.scripts.keep;
        let arguments = [&id.as_bytes()[..], listed];
        let _ = keep.run(self.link.link, &[&self.key], &arguments).await;
    }

    /// The ids of all sessions that are not known to have ended.
    pub(super) async fn ids(&self) -> RedisResult<Vec<SessionId>> {
        // The last hour of the others is 0.
        let range = command(&[b"ZRANGEBYSCORE", &self.key, b"4294967296", b"+inf"]);
        let members = array(Twice(self.link.link).send(&range).await?)?;
        let ids = members.into_iter().filter_map(|member| match member {
            Value::BulkString(bytes) => Uuid::from_slice(&bytes).ok(),
            _ => None,
        });
        Ok(ids.map(SessionId::from).collect())
    }

    /// Drops the ids of ended sessions: each with the stamp of its record that was removed, or without one, if there is
    /// none.
    ///
    /// That it fails changes no answer: the set then names sessions that are not there, and the next list tries again.
    pub(super) async fn drop(&self, ended: &[(SessionId, Option<[u8; 4]>)]) {
        for ended in ended.chunks(NAMED_AT_ONCE) {
            let mut arguments: Vec<&[u8]> = Vec::with_capacity(2 * ended.len());
            for (id, stamp) in ended {
                let stamp = stamp.as_ref();
                arguments.extend([&id.as_bytes()[..], stamp.map_or(&[], |stamp| &stamp[..])]);
            }
            let (drop, link) = (&self.scripts.drop, self.link.link);
            if drop.run(link, &[&self.key], &arguments).await.is_err() {
                return;
            }
        }
    }
}

impl RedisSessionStorage {
    pub(super) fn owner_set(&self, key: Vec<u8>) -> OwnerSet<'_> {
        OwnerSet {
            link: self.writes(),
            scripts: &self.inner.scripts,
            key,
        }
    }
}

pub(super) fn array(value: Value) -> RedisResult<Vec<Value>> {
    match value {
        Value::Array(values) => Ok(values),
        _ => Err(unexpected()),
    }
}

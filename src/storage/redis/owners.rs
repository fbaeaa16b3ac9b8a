use redis::{RedisResult, Value};
use uuid::Uuid;

use super::link::{Link, Replicated, Twice, command, unexpected};
use super::scripts::Scripts;
use crate::record::SessionId;

/// How many ids a single command may name.
pub(super) const BATCH: usize = 64;

/// An owner's set: the ids of the owner's sessions, and of some that have ended.
///
/// It never misses a live one. Its scores are explained at the script that writes them.
pub(super) struct OwnerSet<'a> {
    pub(super) link: Replicated<'a>,
    pub(super) scripts: &'a Scripts,
    pub(super) key: Vec<u8>,
}

impl OwnerSet<'_> {
    /// Adds an id, which stays at least until `last_hour`.
    pub(super) async fn add(&self, id: SessionId, last_hour: u32) -> RedisResult<()> {
        let last_hour = last_hour.to_string();
        let arguments: [&[u8]; 2] = [id.as_bytes(), last_hour.as_bytes()];
        let link = Twice(&self.link);
        self.scripts
            .add
            .run(&link, &[&self.key], &arguments)
            .await?;
        Ok(())
    }

    pub(super) async fn ids(&self) -> RedisResult<Vec<SessionId>> {
        let range = command(&[b"ZRANGE", &self.key, b"0", b"-1"]);
        let members = array(Twice(self.link.link).send(&range).await?)?;
        let ids = members.into_iter().filter_map(|member| match member {
            Value::BulkString(bytes) => Uuid::from_slice(&bytes).ok(),
            _ => None,
        });
        Ok(ids.map(SessionId::from).collect())
    }

    /// Drops the ids of ended sessions, but for those that were added a moment ago.
    pub(super) async fn heal(&self, ended: &[SessionId]) -> RedisResult<()> {
        for ids in ended.chunks(BATCH) {
            let arguments: Vec<&[u8]> = ids.iter().map(|id| &id.as_bytes()[..]).collect();
            let link = Twice(self.link.link);
            self.scripts
                .heal
                .run(&link, &[&self.key], &arguments)
                .await?;
        }
        Ok(())
    }
}

pub(super) fn array(value: Value) -> RedisResult<Vec<Value>> {
    match value {
        Value::Array(values) => Ok(values),
        _ => Err(unexpected()),
    }
}

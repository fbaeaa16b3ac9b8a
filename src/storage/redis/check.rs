use std::sync::Arc;

use futures_util::future::join_all;
use redis::{RedisError, Value};
use time::{Duration, OffsetDateTime};

use super::link::{command, text};
use super::problem::{Problem, failed, forbidden_command, is_of_keys, is_unknown};
use super::storage::RedisSessionStorage;
use crate::record::{Digest, SessionId, SessionRecord, Timestamp};
use crate::storage::{Owned, Saved, SessionStorage, StorageError};

/// How long the session lives with which the server is tried: nobody reads it, and it is deleted at once.
const TRIAL: Duration = Duration::MINUTE;
/// How many keys are asked for, so that one node of a Cluster has all of them by no chance that is worth a thought.
const SLOTS_TRIED: u8 = 64;

impl RedisSessionStorage {
    /// Proves that sessions can be saved: sends each command that is needed, and then creates, touches, changes, lists
    /// and deletes a session.
    ///
    /// [`connect`](Self::connect) does that by itself. For a storage that was made
    /// [lazily](super::RedisSessionStorageBuilder::connect_lazily) or from a
    /// [connection](Self::from_connection), and for a page that tells whether the application is ready. A server that
    /// may evict sessions is told in the log, at warn level.
    ///
    /// ```no_run
    /// # use axum_bare_session::RedisSessionStorage;
    /// # async fn ready(storage: &RedisSessionStorage) -> Result<(), axum_bare_session::storage::StorageError> {
    /// storage.check().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect).
    pub async fn check(&self) -> Result<(), StorageError> {
        let mut random = [0; 10];
        getrandom::fill(&mut random).map_err(StorageError::new)?;
        let now = OffsetDateTime::now_utc().into();
        let id = SessionId::from_random(now, &random);
        self.try_commands(id).await?;
        self.try_slots().await?;
        let tried = self.try_session(id, now).await;
        // What a failure has left expires.
        let set = self.owner_key(id.to_string().as_bytes());
        for key in [self.key(id), set] {
            let removed = self.inner.link.send(&command(&[b"DEL", &key])).await;
            if tried.is_ok() {
                removed.map_err(failed)?;
            }
        }
        tried?;
        self.warn_of_eviction().await;
        Ok(())
    }

    /// Sends each command that is needed, in a form that changes nothing. Within a script, the server does not tell
    /// which one it refused.
    async fn try_commands(&self, id: SessionId) -> Result<(), StorageError> {
        let (record, set) = (self.key(id), self.owner_key(id.to_string().as_bytes()));
        let (record, set) = (&record[..], &set[..]);
        let commands: [(&str, &[&[u8]]); 16] = [
            ("GET", &[record]),
            ("MGET", &[record]),
            ("SET", &[record, b"", b"XX"]),
            ("GETRANGE", &[record, b"0", b"0"]),
            ("SETRANGE", &[record, b"0", b""]),
            ("DEL", &[record]),
            ("PEXPIREAT", &[record, b"1"]),
            ("ZADD", &[set, b"XX", b"1", b"id"]),
            ("ZSCORE", &[set, b"id"]),
            ("ZRANGEBYSCORE", &[set, b"1", b"0"]),
            ("ZREVRANGE", &[set, b"0", b"0"]),
            ("ZREMRANGEBYSCORE", &[set, b"1", b"0"]),
            ("EXPIREAT", &[set, b"1"]),
            ("TIME", &[]),
            ("EVAL", &[b"return 1", b"0"]),
            ("EVALSHA", &[&[b'0'; 40], b"0"]),
        ];
        let replies = commands.map(async |(name, arguments)| {
            let words = [&[name.as_bytes()], arguments].concat();
            (name, self.inner.link.send(&command(&words)).await)
        });
        for (name, reply) in join_all(replies).await {
            match reply {
                Err(error) if error.code() != Some("NOSCRIPT") => {
                    return Err(self.refused(name, &error).into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Asks for keys of many slots: a node of a Cluster to which this is no connection of a Cluster's has some of them
    /// alone.
    async fn try_slots(&self) -> Result<(), StorageError> {
        let replies = (0..SLOTS_TRIED).map(async |number| {
            let key = [self.prefix.as_bytes(), b"slot:", &[number]].concat();
            self.inner.link.send(&command(&[b"GET", &key])).await
        });
        for reply in join_all(replies).await {
            reply.map_err(|error| self.refused("GET", &error))?;
        }
        Ok(())
    }

    pub(super) fn refused(&self, name: &'static str, error: &RedisError) -> Problem {
        match error.code() {
            _ if is_unknown(error) => Problem::Unknown(name),
            _ if is_of_keys(error) => Problem::Keys(self.prefix.as_ref().to_owned()),
            Some("NOPERM") => match forbidden_command(error) {
                Some(other) => Problem::Command(other.into()),
                None => Problem::Command(name.into()),
            },
            _ => Problem::of(error),
        }
    }

    async fn try_session(&self, id: SessionId, now: Timestamp) -> Result<(), StorageError> {
        let owner = id.to_string();
        let mut record = SessionRecord::new(Digest::from([0; 32]), now, now + TRIAL);
        let created = self.save(id, Arc::new(record.clone()), None).await?;
        let first = record.version;
        let touched = self.touch(id, first, now, now + TRIAL).await?;
        record.owner = Some(owner.as_str().into());
        record.version = first.next();
        let saved = self.save(id, Arc::new(record), Some(first)).await?;
        let listed = self.list(&owner, now).await?;
        let deleted = self.delete_owned(&owner, Owned::All, now).await?;
        let is_kept = created == Saved::Done
            && touched
            && saved == Saved::Done
            && listed.len() == 1
            && deleted == [id];
        if is_kept {
            Ok(())
        } else {
            Err(Problem::NotKept.into())
        }
    }

    /// Says so where the server would rather drop sessions than refuse new ones. Where it does not tell, for lack of a
    /// permission, nobody hears of it.
    async fn warn_of_eviction(&self) {
        let info = self.inner.link.send(&command(&[b"INFO", b"memory"])).await;
        let Ok(info) = info else { return };
        let mut policies = Vec::new();
        collect_policies(&info, &mut policies);
        if let Some(policy) = policies.iter().find(|policy| *policy != "noeviction") {
            tracing::warn!(
                policy,
                "Redis may drop live sessions when its memory is full: set its maxmemory-policy to noeviction"
            );
        }
    }
}

/// The eviction policies of servers whose memory is limited, of each node's answer.
fn collect_policies(info: &Value, policies: &mut Vec<String>) {
    let nodes: Vec<_> = match info {
        Value::Map(nodes) => nodes.iter().map(|(_, node)| node).collect(),
        Value::Array(nodes) => nodes.iter().collect(),
        _ => Vec::new(),
    };
    for node in nodes {
        collect_policies(node, policies);
    }
    let Some(text) = text(info) else { return };
    let field = |name: &str| {
        let mut lines = text.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    };
    if let (Some(limit), Some(policy)) = (field("maxmemory"), field("maxmemory_policy"))
        && limit != "0"
    {
        policies.push(policy.to_owned());
    }
}

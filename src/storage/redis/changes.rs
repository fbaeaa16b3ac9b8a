use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
use redis::{PushInfo, PushKind, RedisError, RedisResult, Value};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Receiver};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::keys::session;
use super::line::{DIAL_TIMEOUT, Target};
use super::link::{command, unexpected};
use crate::storage::Change;

/// How often the servers are asked whether they still tell.
const ASKED_EVERY: Duration = Duration::from_secs(1);
/// How long after an attempt to connect that failed the next one begins.
const PAUSE: Duration = Duration::from_millis(200);
/// How many messages wait at most. Of what came before these nobody knows any more.
const MESSAGES: usize = 1_024;

/// Hears of each change to a key that begins with the prefix, on a connection of its own: `CLIENT TRACKING` with
/// `BCAST`, for which a server remembers no keys. (`NOLOOP` would not leave out what this process does, since scripts
/// write without a client.)
pub(super) struct Listener<T: Target> {
    target: Arc<T>,
    prefix: Arc<str>,
    tracking: Option<Tracking<T>>,
    told: VecDeque<Change>,
}

/// A connection on which servers tell.
struct Tracking<T: Target> {
    connection: T::Tracking,
    pushes: Receiver<PushInfo>,
    asked_again_at: Instant,
}

impl<T: Target> Listener<T> {
    pub(super) async fn begin(target: Arc<T>, prefix: Arc<str>) -> RedisResult<Self> {
        let tracking = Some(Tracking::connect(&*target, &prefix).await?);
        Ok(Self {
            target,
            prefix,
            tracking,
            told: VecDeque::new(),
        })
    }

    pub(super) fn changes(self) -> BoxStream<'static, Change>
    where
        T: 'static,
    {
        let next = async |mut listener: Self| Some((listener.next().await, listener));
        stream::unfold(self, next).boxed()
    }

    async fn next(&mut self) -> Change {
        loop {
            if let Some(change) = self.told.pop_front() {
                return change;
            }
            let Some(tracking) = &mut self.tracking else {
                match Tracking::connect(&*self.target, &self.prefix).await {
                    Ok(tracking) => {
                        tracing::info!("Redis tells of changes again");
                        self.tracking = Some(tracking);
                        return Change::Any;
                    }
                    Err(_) => sleep(PAUSE).await,
                }
                continue;
            };
            match tracking.hear(&self.prefix).await {
                Ok(told) => self.told = told,
                Err(error) => {
                    let code = error.code();
                    tracing::warn!(
                        code,
                        "Redis tells of no changes for the time being: connecting again"
                    );
                    self.tracking = None;
                }
            }
        }
    }
}

impl<T: Target> Tracking<T> {
    async fn connect(target: &T, prefix: &str) -> RedisResult<Self> {
        let (sender, pushes) = broadcast::channel(MESSAGES);
        let mut tracking = Self {
            connection: target.connect_tracking(sender).await?,
            pushes,
            asked_again_at: Instant::now(),
        };
        tracking.ask(prefix).await?;
        Ok(tracking)
    }

    /// What the next message tells, if one comes before the servers are asked again.
    async fn hear(&mut self, prefix: &str) -> RedisResult<VecDeque<Change>> {
        if self.asked_again_at <= Instant::now() && self.ask(prefix).await? {
            return Ok([Change::Any].into());
        }
        match timeout_at(self.asked_again_at, self.pushes.recv()).await {
            Err(_) => Ok(VecDeque::new()),
            Ok(Ok(push)) => {
                if push.kind == PushKind::Disconnection {
                    self.asked_again_at = Instant::now();
                }
                Ok(read(prefix, &push))
            }
            Ok(Err(RecvError::Lagged(_))) => Ok([Change::Any].into()),
            Ok(Err(RecvError::Closed)) => Err(dropped()),
        }
    }

    /// Has the servers tell, and returns whether one of them did not until now.
    async fn ask(&mut self, prefix: &str) -> RedisResult<bool> {
        let words = ["CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", prefix].map(str::as_bytes);
        let reply = T::ask_tracking(&mut self.connection, command(&words));
        let reply = timeout(DIAL_TIMEOUT, reply).await;
        self.asked_again_at = Instant::now() + ASKED_EVERY;
        has_begun(reply.unwrap_or_else(|_| Err(dropped()))?)
    }
}

fn dropped() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()
}

/// What the answer to a request to tell says, or of several servers their answers.
fn has_begun(reply: Value) -> RedisResult<bool> {
    match reply {
        Value::Okay => Ok(true),
        Value::ServerError(error) => {
            let error = RedisError::from(error);
            // The same prefix twice is refused.
            let tells = error.code() == Some("ERR")
                && error.detail().is_some_and(|it| it.contains("overlaps"));
            if tells { Ok(false) } else { Err(error) }
        }
        Value::Map(servers) => servers
            .into_iter()
            .try_fold(false, |begun, (_, reply)| Ok(has_begun(reply)? || begun)),
        _ => Err(unexpected()),
    }
}

/// What a message tells of sessions.
fn read(prefix: &str, push: &PushInfo) -> VecDeque<Change> {
    if push.kind != PushKind::Invalidate {
        return VecDeque::new();
    }
    match push.data.first() {
        Some(Value::Array(keys)) => {
            let sessions = keys.iter().filter_map(|key| session(prefix, key));
            sessions.map(Change::Session).collect()
        }
        // All keys at once, which are not named.
        _ => [Change::Any].into(),
    }
}

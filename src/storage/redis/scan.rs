use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use redis::{ErrorKind, RedisError, RedisResult, Value};

use super::line::Target;
use super::link::{command, unexpected};
use super::owners::array;

/// How many keys a server looks at in one step, during which it does nothing else.
const COUNT: &[u8] = b"1000";

/// The keys of that pattern at all of these servers, some at a time.
pub(super) fn scan<T: Target>(
    connection: T::Connection,
    servers: Vec<T::Server>,
    pattern: Vec<u8>,
) -> impl Stream<Item = RedisResult<Vec<Value>>> {
    let pattern: Arc<[u8]> = pattern.into();
    let same = are_same::<T>(connection.clone(), servers.clone());
    let keys = stream::iter(servers).flat_map(move |server| {
        let step = Step::<T> {
            connection: connection.clone(),
            server,
            pattern: Arc::clone(&pattern),
            cursor: b"0".into(),
        };
        let next = async |step: Option<Step<T>>| match step {
            None => Ok(None),
            Some(step) => step.take().await.map(Some),
        };
        stream::try_unfold(Some(step), next)
    });
    keys.chain(stream::once(same).map_ok(|()| Vec::new()))
}

/// Fails where keys have moved: to a server that had been asked before, from one that was yet to be asked, so that
/// neither named them.
async fn are_same<T: Target>(
    connection: T::Connection,
    servers: Vec<T::Server>,
) -> RedisResult<()> {
    match T::servers(connection).await? == servers {
        true => Ok(()),
        false => Err(RedisError::from((
            ErrorKind::ClusterConnectionNotFound,
            "keys have moved to another server meanwhile: begin again",
        ))),
    }
}

/// One step of a server's way through its keys.
struct Step<T: Target> {
    connection: T::Connection,
    server: T::Server,
    pattern: Arc<[u8]>,
    cursor: Vec<u8>,
}

impl<T: Target> Step<T> {
    /// Returns the keys that it came by, and the next step, if there is one.
    async fn take(mut self) -> RedisResult<(Vec<Value>, Option<Self>)> {
        let scan: [&[u8]; 6] = [
            b"SCAN",
            &self.cursor,
            b"MATCH",
            &self.pattern,
            b"COUNT",
            COUNT,
        ];
        let reply = T::ask_server(self.connection.clone(), &self.server, command(&scan)).await?;
        let reply = <[Value; 2]>::try_from(array(reply)?).map_err(|_| unexpected())?;
        let [Value::BulkString(cursor), Value::Array(keys)] = reply else {
            return Err(unexpected());
        };
        self.cursor = cursor;
        let is_last = self.cursor == b"0";
        Ok((keys, (!is_last).then_some(self)))
    }
}

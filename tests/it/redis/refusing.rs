use std::sync::Arc;

use redis::aio::ConnectionLike;
use redis::{Cmd, Pipeline, RedisError, RedisFuture, Value};

type Refuses = dyn Fn(&[u8]) -> Option<RedisError> + Send + Sync;

/// A connection that refuses some commands, and passes the others on.
#[derive(Clone)]
pub(super) struct Refusing<C> {
    inner: C,
    refuses: Arc<Refuses>,
}

impl<C> Refusing<C> {
    /// `refuses` is given each command as it would be sent.
    pub(super) fn new(
        inner: C,
        refuses: impl Fn(&[u8]) -> Option<RedisError> + Send + Sync + 'static,
    ) -> Self {
        let refuses = Arc::new(refuses);
        Self { inner, refuses }
    }
}

impl<C: ConnectionLike + Clone + Send + 'static> ConnectionLike for Refusing<C> {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match (self.refuses)(&command.get_packed_command()) {
            Some(error) => Box::pin(async { Err(error) }),
            None => self.inner.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        self.inner.req_packed_commands(pipeline, offset, count)
    }

    fn get_db(&self) -> i64 {
        self.inner.get_db()
    }
}

pub(super) fn has(packed: &[u8], part: &[u8]) -> bool {
    packed.windows(part.len()).any(|window| window == part)
}

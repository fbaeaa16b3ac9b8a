use std::sync::Arc;

use axum_bare_session::RedisSessionStorage;
use axum_bare_session::storage::{Saved, SessionStorage};
use redis::aio::ConnectionLike;
use redis::{Cmd, Pipeline, RedisFuture, Value, parse_redis_value};

use super::server::shared;
use super::steps::{created, new_record};

/// A connection to a server of before Redis 6.2, which knows no `SET` with `PXAT`.
#[derive(Clone)]
struct Before<C>(C);

impl<C: ConnectionLike + Clone + Send + 'static> ConnectionLike for Before<C> {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        let packed = command.get_packed_command();
        let is_known = !packed.windows(4).any(|word| word == b"PXAT") || is_script(&packed);
        if is_known {
            return self.0.req_packed_command(command);
        }
        let refused = parse_redis_value(b"-ERR syntax error\r\n").and_then(Value::extract_error);
        Box::pin(async { refused })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        self.0.req_packed_commands(pipeline, offset, count)
    }

    fn get_db(&self) -> i64 {
        self.0.get_db()
    }
}

/// Whether it is an `EVAL` or an `EVALSHA`.
fn is_script(packed: &[u8]) -> bool {
    packed.windows(4).any(|word| word == b"EVAL")
}

#[tokio::test]
async fn a_server_before_6_2_creates_sessions_by_the_script() {
    let client = redis::Client::open(shared().url()).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let storage = RedisSessionStorage::from_connection(Before(connection));
    for _ in 0..2 {
        let (id, record) = created(&storage).await;
        assert_eq!(*storage.load(id).await.unwrap().unwrap(), record);
        let another = storage.save(id, Arc::new(new_record()), None).await;
        assert_eq!(another.unwrap(), Saved::Conflict(Some(Arc::new(record))));
    }
}

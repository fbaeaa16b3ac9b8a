use std::sync::Arc;

use axum_bare_session::RedisSessionStorage;
use axum_bare_session::storage::{Saved, SessionStorage};
use redis::{RedisError, Value, parse_redis_value};

use super::refusing::{Refusing, has};
use super::server::shared;
use super::steps::{created, new_record};

/// What a server of before Redis 6.2 says to a `SET` with `PXAT`. Scripts ask for the version.
fn refuses(packed: &[u8]) -> Option<RedisError> {
    let is_refused = has(packed, b"PXAT") && !has(packed, b"EVAL");
    let refusal = parse_redis_value(b"-ERR syntax error\r\n").and_then(Value::extract_error);
    refusal.err().filter(|_| is_refused)
}

#[tokio::test]
async fn a_server_before_6_2_creates_sessions_by_the_script() {
    let client = redis::Client::open(shared().url()).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let storage = RedisSessionStorage::from_connection(Refusing::new(connection, refuses));
    for _ in 0..2 {
        let (id, record) = created(&storage).await;
        assert_eq!(*storage.load(id).await.unwrap().unwrap(), record);
        let another = storage.save(id, Arc::new(new_record()), None).await;
        assert_eq!(another.unwrap(), Saved::Conflict(Some(Arc::new(record))));
    }
}

use std::future::ready;
use std::sync::{Arc, Mutex};

use axum_bare_session::RedisSessionStorage;
use axum_bare_session::storage::{
    Saved, SessionRecord, SessionStorage, StorageErrorKind, Timestamp,
};
use redis::aio::ConnectionLike;
use redis::{Arg, Cmd, Pipeline, RedisFuture, Value};

use crate::house::{done, now};
use crate::outside::{self, Outside, Told, assert_loads, list};

/// The bytes before the owner.
const HEAD: usize = 40;

/// What Redis holds is read as the layout has it, or refused; what is written is read again as it was.
pub fn redis_values(input: &[u8]) {
    let server = Server::default();
    let storage = RedisSessionStorage::from_connection(server.clone());
    let read = |value: &[u8]| {
        server.put(value);
        assert_read(&storage, value);
    };
    read(input);

    let mut record = outside::record(input);
    server.0.lock().expect("nobody panics with it").take();
    let saved = done(storage.save(outside::id(), Arc::new(record.clone()), None));
    assert_eq!(saved.expect("there is room"), Saved::Done);
    let written = server.get().expect("it was written");
    let json = record.to_json().expect("it is JSON");
    assert_eq!(written[..32], head(&record, 0));
    assert_eq!(written[32..HEAD], [0; HEAD - 32]);
    assert_eq!(written[HEAD..], json);
    read(&written);

    // With an owner, the server's script puts it together.
    let owner = String::from_utf8_lossy(&input[..input.len().min(40)]);
    record.owner = Some(owner.as_ref().into());
    let json = record.to_json().expect("it is JSON");
    let (length, owner) = (owner.len() as u32, owner.as_bytes());
    let head = head(&record, 1);
    let owned = [&head[..], &[9; 4], &length.to_be_bytes(), owner, &json].concat();
    assert_eq!(told(&owned).1.as_ref(), Ok(&record));
    read(&owned);
}

fn assert_read(storage: &RedisSessionStorage, value: &[u8]) {
    let (outside, expected) = told(value);
    assert_loads(done(storage.load(outside::id())), &expected);
    // Who saves is told what is there.
    let another = Arc::new(outside::record(b""));
    let conflict = done(storage.save(outside::id(), another, None));
    let conflict = conflict.map(|saved| match saved {
        Saved::Conflict(stored) => stored,
        Saved::Done => panic!("it was written over"),
    });
    assert_loads(conflict, &expected);

    let known = outside.and_then(|outside| outside.listed(&expected));
    let many = done(storage.load_many(&[outside::id()])).expect("the server answers");
    let many: Vec<_> = many.iter().map(|(id, record)| (*id, &**record)).collect();
    let all: Vec<_> = known.iter().map(|record| (outside::id(), record)).collect();
    assert_eq!(many, all);
    for owner in [
        "ann",
        known
            .as_ref()
            .and_then(|it| it.owner.as_deref())
            .unwrap_or("ben"),
    ] {
        let is_listed = |record: &SessionRecord| {
            record.owner.as_deref() == Some(owner) && record.expires_at > Timestamp::from(now())
        };
        let expected = known.clone().filter(is_listed);
        let expected = expected.map(|record| (outside::id(), record));
        assert_eq!(done(list(storage, owner)), expected);
    }
}

/// What a value says by the layout's description, and what the storage is to tell of it.
fn told(value: &[u8]) -> (Option<Outside>, Told) {
    let outside = outside_of(value);
    let told = match value {
        [b'a', b'b', b's', 2..=255, ..] => Err(StorageErrorKind::NewerFormat),
        [b'a', b'b', b's', 1, ..] => match &outside {
            Some((outside, json)) => outside.loaded(json),
            None => Err(StorageErrorKind::Malformed),
        },
        _ => Err(StorageErrorKind::Malformed),
    };
    (outside.map(|(outside, _)| outside), told)
}

/// What stands before the JSON, and the JSON.
fn outside_of(value: &[u8]) -> Option<(Outside, &[u8])> {
    let number = |at: usize| u64::from_be_bytes(value[at..at + 8].try_into().expect("eight"));
    if value.len() < HEAD {
        return None;
    }
    let length = number(32) as u32 as usize;
    let json = value.get(HEAD + length..)?;
    let owner = str::from_utf8(&value[HEAD..HEAD + length]).ok();
    let is_owned = value[28..32] != [0; 4];
    let outside = Outside {
        version: number(4),
        last_seen: number(12).cast_signed(),
        expires_at: number(20).cast_signed(),
        owner: owner.filter(|_| is_owned).map(str::to_owned),
    };
    Some((outside, json))
}

/// The bytes before the stamp.
fn head(record: &SessionRecord, last_hour: u32) -> Vec<u8> {
    let outside = Outside::of(record);
    let (last_seen, expires_at) = (outside.last_seen, outside.expires_at);
    let mut bytes = b"abs\x01".to_vec();
    bytes.extend(outside.version.to_be_bytes());
    bytes.extend([last_seen, expires_at].map(i64::to_be_bytes).concat());
    bytes.extend(last_hour.to_be_bytes());
    bytes
}

/// A server with one value, whatever the key.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<Option<Vec<u8>>>>);

impl Server {
    fn put(&self, value: &[u8]) {
        *self.0.lock().expect("nobody panics with it") = Some(value.to_vec());
    }

    fn get(&self) -> Option<Vec<u8>> {
        self.0.lock().expect("nobody panics with it").clone()
    }
}

impl ConnectionLike for Server {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        let words = command.args_iter().map(|word| match word {
            Arg::Simple(word) => word,
            _ => panic!("nothing has a cursor"),
        });
        let words: Vec<_> = words.collect();
        let value = self.get().map_or(Value::Nil, Value::BulkString);
        let reply = match (words[0], &value) {
            (b"SET", Value::Nil) => {
                self.put(words[2]);
                Value::Okay
            }
            (b"SET", _) => Value::Nil,
            (b"MGET", _) => Value::Array(vec![value]),
            (b"ZRANGEBYSCORE", _) => {
                let id = outside::id().as_bytes().to_vec();
                Value::Array(vec![Value::BulkString(id)])
            }
            _ => value,
        };
        Box::pin(ready(Ok(reply)))
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        _: &'a Pipeline,
        _: usize,
        _: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        unreachable!("nobody waits for replicas")
    }

    fn get_db(&self) -> i64 {
        0
    }
}

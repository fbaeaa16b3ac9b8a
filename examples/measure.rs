//! Measures the bytes of a session on an engine, by the engine's own account:
//! `cargo run --release --example measure --all-features -- redis://127.0.0.1:6379`.
//!
//! The server should have nothing else to do. The sessions stay, in the table `measured` or under the prefix
//! `measured:`.

use std::error::Error;
use std::sync::Arc;

use axum_bare_session::storage::{
    Digest, Saved, SessionRecord, SessionStorage, TableName, Timestamp, Version,
};
use axum_bare_session::{
    Duration, MySqlSessionStorage, OffsetDateTime, PostgresSessionStorage, RedisSessionStorage,
    SessionId, SqliteSessionStorage,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use mysql_async::prelude::Queryable;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const SESSIONS: u64 = 100_000;

/// Ids as the middleware makes them: the time in front, the rest at random.
fn id(number: u64) -> SessionId {
    let mut bytes = *uuid::Uuid::new_v4().as_bytes();
    bytes[..6].copy_from_slice(&(1_790_000_000_000 + number).to_be_bytes()[2..]);
    bytes[6] = 0x70 | bytes[6] & 0x0f;
    uuid::Uuid::from_bytes(bytes).into()
}

/// A session of five small keys.
fn record(owner: Option<String>) -> Outcome<SessionRecord> {
    let now = Timestamp::from(OffsetDateTime::now_utc());
    let digest = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(|half| *half.as_bytes());
    let digest: [u8; 32] = digest.concat().try_into().expect("twice 16 bytes");
    let mut record = SessionRecord::new(Digest::from(digest), now, now + Duration::DAY);
    for key in 0..5 {
        record.values.insert(&format!("key_{key}"), &key)?;
    }
    record.owner = owner.map(Into::into);
    Ok(record)
}

/// Prints what three steps cost: sessions without an owner, a change to each, and as many of an owner each.
async fn measure(storage: impl SessionStorage, size: impl AsyncFn() -> Outcome<u64>) -> Outcome {
    let empty = size().await?;
    let created: Vec<_> = stream::iter(0..SESSIONS)
        .map(|number| create(&storage, number, None))
        .buffer_unordered(32)
        .try_collect()
        .await?;
    let full = size().await?;
    report("without an owner", full - empty);
    let changes = stream::iter(created).map(Ok::<_, Box<dyn Error>>);
    changes
        .try_for_each_concurrent(32, async |(id, mut record)| {
            record.version = record.version.next();
            record.values.insert("key_0", &1)?;
            let saved = storage.save(id, Arc::new(record), Some(Version::FIRST));
            assert_eq!(saved.await?, Saved::Done);
            Ok(())
        })
        .await?;
    let changed = size().await?;
    report("each changed once", changed.saturating_sub(empty));
    let owned = stream::iter(0..SESSIONS)
        .map(|number| create(&storage, SESSIONS + number, Some(format!("user:{number}"))))
        .buffer_unordered(32)
        .try_collect::<Vec<_>>();
    owned.await?;
    report(
        "of an owner each, beside those",
        size().await?.saturating_sub(changed),
    );
    Ok(())
}

async fn create(
    storage: &impl SessionStorage,
    number: u64,
    owner: Option<String>,
) -> Outcome<(SessionId, SessionRecord)> {
    let (id, record) = (id(number), record(owner)?);
    let saved = storage.save(id, Arc::new(record.clone()), None).await?;
    assert_eq!(saved, Saved::Done, "{id} is new");
    Ok((id, record))
}

fn report(what: &str, bytes: u64) {
    println!("{what}: {} bytes a session", bytes / SESSIONS);
}

async fn redis(url: &str) -> Outcome {
    let storage = RedisSessionStorage::connect(url)
        .await?
        .with_prefix("measured:");
    let client = redis::Client::open(url)?;
    let size = async || {
        let mut connection = client.get_multiplexed_async_connection().await?;
        let mut info = redis::cmd("INFO");
        let info: String = info.arg("memory").query_async(&mut connection).await?;
        let used = info
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:"));
        Ok(used.ok_or("no used_memory")?.trim().parse()?)
    };
    measure(storage, size).await
}

async fn postgres(url: &str) -> Outcome {
    let builder = PostgresSessionStorage::builder(url).table(TableName::new("measured")?);
    let storage = builder.migrate().await?;
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    let size = async || {
        client.batch_execute("VACUUM measured").await?;
        let size = "SELECT pg_total_relation_size('measured')";
        let size: i64 = client.query_one(size, &[]).await?.get(0);
        Ok(size.try_into()?)
    };
    measure(storage, size).await
}

async fn mysql(url: &str) -> Outcome {
    let storage = MySqlSessionStorage::builder(url).table(TableName::new("measured")?);
    let storage = storage.migrate().await?;
    let pool = mysql_async::Pool::from_url(url)?;
    let size = async || {
        let mut connection = pool.get_conn().await?;
        connection.query_drop("ANALYZE TABLE measured").await?;
        let size = "SELECT CAST(data_length + index_length AS UNSIGNED) FROM information_schema.tables \
                    WHERE table_schema = DATABASE() AND table_name = 'measured'";
        let size = connection.query_first::<u64, _>(size).await?;
        Ok(size.ok_or("no table")?)
    };
    measure(storage, size).await
}

async fn sqlite(path: &str) -> Outcome {
    let storage = SqliteSessionStorage::builder(path).table(TableName::new("measured")?);
    let storage = storage.migrate().await?;
    let file = rusqlite::Connection::open(path)?;
    let size = async || {
        let size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        let size: i64 = file.query_row(size, [], |row| row.get(0))?;
        Ok(size.try_into()?)
    };
    measure(storage, size).await
}

#[tokio::main]
async fn main() -> Outcome {
    let url = std::env::args()
        .nth(1)
        .ok_or("the URL of a server, or `sqlite:` and a path")?;
    match url.split(':').next() {
        Some("redis" | "rediss") => redis(&url).await,
        Some("postgres" | "postgresql") => postgres(&url).await,
        Some("mysql") => mysql(&url).await,
        Some("sqlite") => sqlite(&url["sqlite:".len()..]).await,
        _ => Err("an engine of another kind".into()),
    }
}

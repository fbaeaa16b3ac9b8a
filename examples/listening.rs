//! Measures how late a cache sees a revocation by another process, and what it costs Redis to tell:
//! `cargo run --release --example listening --features redis -- redis://127.0.0.1:6379`.
//!
//! The server should have nothing else to do. The sessions lie under the prefix `measured:`, and end within a minute.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration as Span, Instant};

use axum_bare_session::storage::{
    Digest, Saved, SessionRecord, SessionStorage, StorageError, Timestamp,
};
use axum_bare_session::{
    CachedSessionStorage, Duration, OffsetDateTime, RedisSessionStorage, SessionId,
};
use futures_util::future::{join_all, try_join_all};
use tokio::time::sleep;

type Cached = CachedSessionStorage<RedisSessionStorage>;

/// A storage with a connection of its own, as each process has.
async fn connect(url: &str) -> Result<RedisSessionStorage, StorageError> {
    let storage = RedisSessionStorage::connect(url).await?;
    Ok(storage.with_prefix("measured:"))
}

async fn create(storage: &impl SessionStorage) -> Result<(SessionId, SessionRecord), StorageError> {
    let id = uuid::Uuid::new_v4().into();
    let now = Timestamp::from(OffsetDateTime::now_utc());
    let record = SessionRecord::new(Digest::from([0; 32]), now, now + Duration::MINUTE);
    let saved = storage.save(id, Arc::new(record.clone()), None).await?;
    assert_eq!(saved, Saved::Done, "{id} is new");
    Ok((id, record))
}

/// How long after another process has revoked a session `here` still reads it.
async fn lateness(here: &Cached, elsewhere: &RedisSessionStorage) -> Result<Span, StorageError> {
    let (id, _) = create(elsewhere).await?;
    // A hot session: read now and then, until some random moment.
    let until = Instant::now()
        + Span::from_micros(100_000 + uuid::Uuid::new_v4().as_u128() as u64 % 1_000_000);
    while Instant::now() < until {
        here.load(id).await?;
        sleep(Span::from_millis(20)).await;
    }
    elsewhere.delete(id).await?;
    let revoked = Instant::now();
    while here.load(id).await?.is_some() {
        tokio::task::yield_now().await;
    }
    Ok(revoked.elapsed())
}

async fn print_lateness(
    what: &str,
    here: &Cached,
    elsewhere: &RedisSessionStorage,
) -> Result<(), StorageError> {
    let mut latenesses = Vec::new();
    for _ in 0..20 {
        latenesses.extend(try_join_all((0..20).map(|_| lateness(here, elsewhere))).await?);
    }
    latenesses.sort();
    let at = |share: usize| latenesses[(latenesses.len() - 1) * share / 100];
    println!(
        "{what}: median {:?}, 99 % within {:?}, the latest of {} after {:?}",
        at(50),
        at(99),
        latenesses.len(),
        at(100)
    );
    Ok(())
}

/// Changes a second, 64 at a time, while so many caches listen.
async fn print_changes(url: &str, listeners: usize) -> Result<(), StorageError> {
    let mut caches = Vec::new();
    for _ in 0..listeners {
        caches.push(
            CachedSessionStorage::new(connect(url).await?)
                .listening()
                .await?,
        );
    }
    let storage = connect(url).await?;
    let begun = Instant::now();
    let writers = (0..64).map(async |_| {
        let (id, mut record) = create(&storage).await?;
        let mut changes = 0;
        while begun.elapsed() < Span::from_secs(3) {
            let before = record.version;
            record.version = before.next();
            let saved = storage
                .save(id, Arc::new(record.clone()), Some(before))
                .await?;
            assert_eq!(saved, Saved::Done);
            changes += 1;
        }
        Ok::<u64, StorageError>(changes)
    });
    let changes: Result<Vec<_>, _> = join_all(writers).await.into_iter().collect();
    let a_second = changes?.iter().sum::<u64>() as f64 / begun.elapsed().as_secs_f64();
    println!("{listeners} listening: {a_second:.0} changes a second");
    drop(caches);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("the URL of a Redis server")?;
    let elsewhere = connect(&url).await?;
    let here = CachedSessionStorage::new(connect(&url).await?);
    print_lateness("a revocation elsewhere, not listening", &here, &elsewhere).await?;
    let here = here.listening().await?;
    print_lateness("a revocation elsewhere, listening", &here, &elsewhere).await?;
    for listeners in [0, 1, 4, 16, 0] {
        print_changes(&url, listeners).await?;
    }
    Ok(())
}

//! Calls of the storages on SQLite alone: ours and tower-sessions' own, interleaved, on one thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum_bare_session::storage::{
    Digest, Saved, SessionRecord, SessionStorage, Timestamp, Version,
};
use axum_bare_session::{OffsetDateTime, SessionId, SqliteSessionStorage};
use tower_sessions_0_14::SessionStore;
use tower_sessions_0_14::session::{Id, Record};
use tower_sessions_sqlx_store::SqliteStore;

use super::sqlite::{SETTINGS, in_directory, store};
use crate::variants::{keys, text};
use crate::{Failure, harness, settings};

const ROUNDS: usize = 5;
const SESSIONS: usize = 10_000;

#[derive(Clone, Copy)]
enum Call {
    Read,
    Save,
    /// A read and a save.
    Change,
    New,
}

/// A storage with sessions in it.
trait Calls: Clone + Send + Sync + 'static {
    fn call(&self, call: Call, session: usize) -> impl Future<Output = Result<(), Failure>> + Send;
}

#[derive(Clone)]
struct Ours {
    storage: SqliteSessionStorage,
    ids: Arc<Vec<SessionId>>,
    /// Of what is stored; none where nothing is.
    versions: Arc<Vec<AtomicU64>>,
    record: SessionRecord,
}

#[derive(Clone)]
struct TowerSessions {
    store: SqliteStore,
    ids: Arc<Vec<Id>>,
    record: Record,
}

pub fn run() -> Result<(), Failure> {
    println!("{SETTINGS}");
    in_directory(|directory| {
        harness::runtime()?.block_on(async {
            let ours = Ours::new(SqliteSessionStorage::migrate(directory.join("ours.db")).await?);
            let theirs = TowerSessions::new(store(&directory.join("theirs.db")).await?);
            fill(&ours).await?;
            fill(&theirs).await?;
            for at_once in [64, 1] {
                for (name, call) in [
                    ("read", Call::Read),
                    ("save", Call::Save),
                    ("change", Call::Change),
                    ("new", Call::New),
                ] {
                    let mut figures = Vec::new();
                    for _ in 0..settings::rounds(ROUNDS) {
                        figures.push([rate(&ours, call, at_once).await?, rate(&theirs, call, at_once).await?]);
                    }
                    let [a, b] = [0, 1].map(|of| harness::median(figures.iter().map(|round| round[of])));
                    let ratio = harness::median(figures.iter().map(|[ours, theirs]| ours / theirs));
                    println!("  {name:8} {at_once:3} at once: ours {a:9.0}/s, tower_sessions {b:9.0}/s, round by round {ratio:.2}");
                }
            }
            Ok(())
        })
    })
}

async fn fill(calls: &impl Calls) -> Result<(), Failure> {
    let next = Arc::new(AtomicUsize::new(0));
    let tasks = (0..64).map(|_| {
        let (calls, next) = (calls.clone(), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let session = next.fetch_add(1, Ordering::Relaxed);
                if session >= SESSIONS {
                    return Ok::<(), Failure>(());
                }
                calls.call(Call::Save, session).await?;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    Ok(())
}

/// Calls a second, by so many tasks.
async fn rate(calls: &impl Calls, call: Call, at_once: usize) -> Result<f64, Failure> {
    let begun = Instant::now();
    let end = begun + Duration::from_secs(settings::seconds(1) as u64);
    let tasks = (0..at_once).map(|task| {
        let calls = calls.clone();
        tokio::spawn(async move {
            let (mut count, mut session) = (0.0, task);
            while Instant::now() < end {
                session = (session * 25 + 7) % SESSIONS;
                calls.call(call, session).await?;
                count += 1.0;
                // What never waits would never let another have its turn.
                tokio::task::consume_budget().await;
            }
            Ok::<f64, Failure>(count)
        })
    });
    let mut count = 0.0;
    for task in tasks.collect::<Vec<_>>() {
        count += task.await??;
    }
    Ok(count / begun.elapsed().as_secs_f64())
}

impl Ours {
    fn new(storage: SqliteSessionStorage) -> Self {
        let now = Timestamp::from(OffsetDateTime::now_utc());
        let end = now + axum_bare_session::Duration::DAY;
        let mut record = SessionRecord::new(Digest::from([7; 32]), now, end);
        for key in keys(5) {
            let _ = record.values.insert(&key, &text(5));
        }
        Self {
            storage,
            ids: Arc::new((0..SESSIONS).map(|_| id().into()).collect()),
            versions: Arc::new((0..SESSIONS).map(|_| AtomicU64::new(0)).collect()),
            record,
        }
    }

    async fn save(&self, session: usize, record: &SessionRecord) -> Result<(), Failure> {
        let stored = self.versions[session].load(Ordering::Relaxed);
        let mut next = record.clone();
        next.version = Version::from(stored + 1);
        next.values.insert("key_0", &fastrand::u32(..))?;
        let expected = (stored > 0).then(|| Version::from(stored));
        let saved = self
            .storage
            .save(self.ids[session], Arc::new(next), expected);
        if saved.await? == Saved::Done {
            self.versions[session].store(stored + 1, Ordering::Relaxed);
        }
        Ok(())
    }
}

fn id() -> uuid::Uuid {
    uuid::Uuid::from_u128(fastrand::u128(..))
}

impl Calls for Ours {
    async fn call(&self, call: Call, session: usize) -> Result<(), Failure> {
        let id = self.ids[session];
        match call {
            Call::Read => drop(self.storage.load(id).await?),
            Call::Save => self.save(session, &self.record).await?,
            Call::Change => {
                if let Some(record) = self.storage.load(id).await? {
                    self.save(session, &record).await?;
                }
            }
            Call::New => {
                let record = Arc::new(self.record.clone());
                let _ = self.storage.save(self::id().into(), record, None).await?;
            }
        }
        Ok(())
    }
}

impl TowerSessions {
    fn new(store: SqliteStore) -> Self {
        let data = keys(5).map(|key| (key, text(5).into())).collect();
        let expiry_date = OffsetDateTime::now_utc() + axum_bare_session::Duration::DAY;
        Self {
            store,
            ids: Arc::new((0..SESSIONS).map(|_| Id(fastrand::i128(..))).collect()),
            record: Record {
                id: Id(0),
                data,
                expiry_date,
            },
        }
    }

    /// With another number in it: SQLite writes nothing where nothing changes.
    async fn save(&self, mut record: Record) -> Result<(), Failure> {
        record
            .data
            .insert("key_0".to_owned(), fastrand::u32(..).into());
        Ok(self.store.save(&record).await?)
    }
}

impl Calls for TowerSessions {
    async fn call(&self, call: Call, session: usize) -> Result<(), Failure> {
        let id = self.ids[session];
        let mut record = self.record.clone();
        match call {
            Call::Read => drop(self.store.load(&id).await?),
            Call::Save => {
                record.id = id;
                self.save(record).await?;
            }
            Call::Change => {
                if let Some(record) = self.store.load(&id).await? {
                    self.save(record).await?;
                }
            }
            Call::New => self.store.create(&mut record).await?,
        }
        Ok(())
    }
}

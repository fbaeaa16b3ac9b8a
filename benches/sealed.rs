//! What sealing costs, in bytes and in time: `cargo bench --features sealed --bench sealed`.
//!
//! Both storages keep their records in memory, so that the difference is the encryption's. A request that reads loads
//! once, one that changes loads and saves once.

use std::sync::Arc;

use axum_bare_session::storage::{Digest, Saved, SessionRecord, SessionStorage};
use axum_bare_session::{
    MemorySessionStorage, OffsetDateTime, SealedSessionStorage, SealingKey, SessionId,
};
use divan::Bencher;
use tokio::runtime::{Builder, Runtime};

const KEYS: [usize; 3] = [1, 5, 100];

fn main() {
    let runtime = runtime();
    for keys in KEYS {
        let sealed = sealed();
        let (id, plain) = (id(), record(keys));
        let size = plain.to_json().expect("a record is JSON").len();
        let saved = sealed.save(id, plain, None);
        let saved = runtime.block_on(saved).expect("memory answers");
        assert_eq!(saved, Saved::Done);
        let stored = runtime.block_on(sealed.inner().load(id));
        let stored = stored.expect("memory answers").expect("it was saved");
        let with = stored.to_json().expect("a record is JSON").len();
        println!("{keys:3} keys: {size:5} bytes of JSON in the clear, {with:5} sealed");
    }
    divan::main();
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

fn sealed() -> SealedSessionStorage<MemorySessionStorage> {
    SealedSessionStorage::new(MemorySessionStorage::new(), SealingKey::new([7; 32]), [])
}

fn id() -> SessionId {
    uuid::Uuid::from_u128(7).into()
}

fn record(keys: usize) -> Arc<SessionRecord> {
    let now = OffsetDateTime::now_utc();
    let expires_at = now + time::Duration::hours(1);
    let mut record = SessionRecord::new(Digest::from([7; 32]), now.into(), expires_at.into());
    for key in 0..keys {
        let set = record.values.insert(&format!("key_{key}"), "a short text");
        set.expect("text is JSON");
    }
    Arc::new(record)
}

#[divan::bench(args = KEYS)]
fn load_in_the_clear(bencher: Bencher<'_, '_>, keys: usize) {
    load(bencher, &MemorySessionStorage::new(), keys);
}

#[divan::bench(args = KEYS)]
fn load_sealed(bencher: Bencher<'_, '_>, keys: usize) {
    load(bencher, &sealed(), keys);
}

#[divan::bench(args = KEYS)]
fn save_in_the_clear(bencher: Bencher<'_, '_>, keys: usize) {
    save(bencher, &MemorySessionStorage::new(), keys);
}

#[divan::bench(args = KEYS)]
fn save_sealed(bencher: Bencher<'_, '_>, keys: usize) {
    save(bencher, &sealed(), keys);
}

fn load(bencher: Bencher<'_, '_>, storage: &impl SessionStorage, keys: usize) {
    let runtime = runtime();
    let saved = runtime.block_on(storage.save(id(), record(keys), None));
    assert_eq!(saved.expect("memory answers"), Saved::Done);
    bencher.bench_local(|| runtime.block_on(storage.load(id())));
}

/// Each save is of the next version.
fn save(bencher: Bencher<'_, '_>, storage: &impl SessionStorage, keys: usize) {
    let runtime = runtime();
    let mut stored = None;
    let mut next = SessionRecord::clone(&record(keys));
    bencher.bench_local(|| {
        let saved = storage.save(id(), Arc::new(next.clone()), stored);
        let saved = runtime.block_on(saved);
        stored = Some(next.version);
        next.version = next.version.next();
        saved
    });
}

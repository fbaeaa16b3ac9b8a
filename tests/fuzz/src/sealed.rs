use std::sync::Arc;

use axum_bare_session::storage::{
    Digest, Saved, SessionRecord, SessionStorage, StorageErrorKind, Timestamp,
};
use axum_bare_session::{
    Duration, MemorySessionStorage, SealedSessionStorage, SealingKey, SessionId,
};

use crate::house::{done, now};

const SEALED: &str = "axum-bare-session: sealed";

/// What is sealed is opened as it was; what is changed anywhere, moved to another row, or made up, opens nothing.
pub fn sealed(input: &[u8]) {
    let Some((&[place, change], text)) = input.split_first_chunk() else {
        return;
    };
    let text = String::from_utf8_lossy(text);
    let inner = MemorySessionStorage::with_max_sessions(8);
    let [key, former] = [[1; 32], [2; 32]].map(SealingKey::new);
    let storage = SealedSessionStorage::new(inner.clone(), key, [former]);

    let (id, record) = (id(1), record(&text));
    save(&storage, id, &record);
    let outer = done(inner.load(id))
        .expect("memory loads")
        .expect("it was saved");
    assert_eq!(outer.values.len(), 1);
    assert!(outer.label().is_none());
    let opened = done(storage.load(id)).expect("it is whole");
    assert_eq!(opened.as_deref(), Some(&record));

    // Another byte of what is sealed.
    let mut seal = outer
        .values
        .get(SEALED)
        .expect("it is sealed")
        .as_bytes()
        .to_vec();
    let at = 1 + usize::from(place) * (seal.len() - 2) / 256;
    let before = std::mem::replace(&mut seal[at], b'!' + change % 94);
    if seal[at] != before && !matches!(seal[at], b'"' | b'\\') {
        let changed = String::from_utf8(seal).expect("it is ASCII");
        assert_refused(&storage, &inner, self::id(2), |other| {
            *other = SessionRecord::clone(&outer);
            let text = changed.trim_matches('"');
            other.values.insert(SEALED, text).expect("a text");
        });
    }
    // As it is, in another row; and of another version.
    assert_refused(&storage, &inner, self::id(3), |other| {
        *other = SessionRecord::clone(&outer)
    });
    save(&inner, self::id(4), &outer);
    assert_refused(&storage, &inner, id, |other| {
        *other = SessionRecord::clone(&outer);
        other.version = outer.version.next();
    });
    // Made up.
    assert_refused(&storage, &inner, self::id(5), |other| {
        other.values.insert(SEALED, &*text).expect("a text");
    });
}

/// Puts a record into the row behind the seal's back, and asserts that it is not opened.
fn assert_refused(
    storage: &SealedSessionStorage<MemorySessionStorage>,
    inner: &MemorySessionStorage,
    id: SessionId,
    make: impl FnOnce(&mut SessionRecord),
) {
    let mut record = record("");
    make(&mut record);
    done(inner.delete(id)).expect("memory deletes");
    save(inner, id, &record);
    let error = done(storage.load(id)).expect_err("it is not as it was sealed");
    // A key that nobody has may be added to the ring: its record is kept.
    let kinds = [StorageErrorKind::Malformed, StorageErrorKind::Unavailable];
    assert!(kinds.contains(&error.kind()), "{error:?}");
}

fn save(storage: &impl SessionStorage, id: SessionId, record: &SessionRecord) {
    let saved = done(storage.save(id, Arc::new(record.clone()), None));
    assert_eq!(saved.expect("there is room"), Saved::Done);
}

fn id(byte: u8) -> SessionId {
    uuid::Uuid::from_bytes([byte; 16]).into()
}

fn record(text: &str) -> SessionRecord {
    let now = Timestamp::from(now());
    let mut record = SessionRecord::new(Digest::from([7; 32]), now, now + Duration::HOUR);
    record.values.insert(text, text).expect("a text");
    record.set_label((!text.is_empty()).then(|| text.into()));
    record.owner = text.chars().next().map(|first| String::from(first).into());
    record
}

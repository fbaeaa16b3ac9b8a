//! Values that are encrypted at rest.

mod reseal;
mod rolling;
mod table;

use std::sync::Arc;

use axum_bare_session::storage::{
    Saved, SessionRecord, SessionStorage, StorageErrorKind, Timestamp,
};
use axum_bare_session::{
    CachedSessionStorage, DefaultScope, Duration, MemorySessionStorage, OffsetDateTime,
    SealedSessionStorage, SealingKey, SessionId, Sessions, add_session_middleware,
};

use crate::support::{Browser, id_of, visitor_routes};

type Sealed = SealedSessionStorage<MemorySessionStorage>;

fn key(byte: u8) -> SealingKey {
    SealingKey::new([byte; 32])
}

fn sealed(memory: &MemorySessionStorage, byte: u8, former: &[u8]) -> Sealed {
    let former = former.iter().map(|byte| key(*byte));
    SealedSessionStorage::new(memory.clone(), key(byte), former)
}

fn browser(storage: impl SessionStorage) -> Browser {
    let routes = visitor_routes::<DefaultScope>();
    Browser::new(add_session_middleware(routes, Sessions::from(storage)))
}

fn now() -> Timestamp {
    OffsetDateTime::now_utc().into()
}

/// A record of ada's with the value 42 at `secret`, and a label.
fn record(storage_now: Timestamp) -> SessionRecord {
    let digest = axum_bare_session::storage::Digest::from([7; 32]);
    let mut record = SessionRecord::new(digest, storage_now, storage_now + Duration::HOUR);
    record.owner = Some("ada".into());
    record.set_label(Some("her phone".into()));
    record.values.insert("secret", "forty-two").unwrap();
    record
}

async fn saved(storage: &impl SessionStorage, byte: u8) -> (SessionId, Arc<SessionRecord>) {
    let id = uuid::Uuid::from_bytes([byte; 16]).into();
    let record = Arc::new(record(now()));
    let saved = storage.save(id, Arc::clone(&record), None).await.unwrap();
    assert_eq!(saved, Saved::Done);
    (id, record)
}

#[cfg(feature = "conformance")]
mod contract {
    use axum_bare_session::storage_conformance;

    use super::*;

    storage_conformance!(plain, sealed(&MemorySessionStorage::new(), 1, &[2]));
    storage_conformance!(
        with_hidden_owners,
        sealed(&MemorySessionStorage::new(), 1, &[2]).hiding_owners(key(3))
    );
}

#[tokio::test]
async fn the_inner_storage_sees_no_value_and_no_label() {
    let memory = MemorySessionStorage::new();
    let storage = sealed(&memory, 1, &[]);
    let (id, record) = saved(&storage, 1).await;
    assert_eq!(storage.load(id).await.unwrap(), Some(Arc::clone(&record)));

    let outer = memory.load(id).await.unwrap().unwrap();
    let json = String::from_utf8(outer.to_json().unwrap()).unwrap();
    for hidden in ["secret", "forty", "her phone"] {
        assert!(!json.contains(hidden), "{json}");
    }
    assert!(json.contains("ada"));
    let hiding = storage.clone().hiding_owners(key(3));
    let (id, record) = saved(&hiding, 2).await;
    let json = memory.load(id).await.unwrap().unwrap().to_json().unwrap();
    assert!(!String::from_utf8(json).unwrap().contains("ada"));
    let listed = hiding.list("ada", now()).await.unwrap();
    assert!(listed.contains(&(id, record)));
    // Two saves of the same look different.
    let again = memory.load(saved(&storage, 3).await.0).await.unwrap();
    assert_ne!(again.unwrap().values, outer.values);
}

#[tokio::test]
async fn one_bit_that_changed_is_noticed_wherever_it_is() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
    let memory = MemorySessionStorage::new();
    let storage = sealed(&memory, 1, &[]);
    let (id, _) = saved(&storage, 1).await;
    let outer = memory.load(id).await.unwrap().unwrap();
    let (name, text) = outer.values.iter().next().unwrap();
    let (name, bytes) = (
        name.to_owned(),
        BASE64.decode(text.trim_matches('"')).unwrap(),
    );
    let mut kinds = Vec::new();
    for at in (0..bytes.len()).step_by(5).chain([bytes.len() - 1]) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let tampered = MemorySessionStorage::new();
        let mut record = SessionRecord::clone(&outer);
        record
            .values
            .insert(&name, &BASE64.encode(changed))
            .unwrap();
        let _ = tampered.save(id, Arc::new(record), None).await.unwrap();
        let error = sealed(&tampered, 1, &[]).load(id).await.unwrap_err();
        kinds.push(error.kind());
    }
    // The first bytes tell the key, and one that is not there may come back.
    assert_eq!(kinds[0], StorageErrorKind::Unavailable);
    assert!(
        kinds[1..]
            .iter()
            .all(|kind| *kind == StorageErrorKind::Malformed),
        "{kinds:?}"
    );
    for text in ["", "x", "AAAA", "not base64!"] {
        let tampered = MemorySessionStorage::new();
        let mut record = SessionRecord::clone(&outer);
        record.values.insert(&name, text).unwrap();
        let _ = tampered.save(id, Arc::new(record), None).await.unwrap();
        let error = sealed(&tampered, 1, &[]).load(id).await.unwrap_err();
        assert_eq!(error.kind(), StorageErrorKind::Malformed, "{text}");
    }
}

#[tokio::test]
async fn a_missing_key_is_an_error_that_loses_nothing() {
    let memory = MemorySessionStorage::new();
    let mut before = browser(sealed(&memory, 1, &[]));
    before.get("/log_in/ada").await;
    before.get("/count").await;
    let mut without = browser(sealed(&memory, 2, &[]));
    without.cookies = before.cookies.clone();
    for path in ["/read", "/count", "/log_out"] {
        assert_eq!(without.get(path).await.status, 503, "{path}");
    }
    assert_eq!(before.get("/read").await.body, "1");
    // It can be listed and ended all the same.
    let sessions = Sessions::from(sealed(&memory, 2, &[]));
    let listed = sessions.list("ada").await.unwrap();
    assert_eq!((listed.len(), listed[0].label()), (1, None));
    assert_eq!(listed[0].owner(), Some("ada"));
    assert_eq!(sessions.revoke_all("ada").await.unwrap(), 1);
    assert_eq!(before.get("/read").await.body, "none");
}

#[tokio::test]
async fn what_was_stored_before_is_opened_and_sealed_by_the_next_save() {
    let memory = MemorySessionStorage::new();
    let mut plain = browser(memory.clone());
    plain.get("/log_in/ada").await;
    plain.get("/count").await;
    let mut now_sealed = browser(sealed(&memory, 1, &[]));
    now_sealed.cookies = plain.cookies.clone();
    assert_eq!(now_sealed.get("/read").await.body, "1");
    assert_eq!(now_sealed.get("/count").await.body, "2");
    let id = id_of(&plain.cookies["__Host-Http-id"]);
    let outer = memory.load(id).await.unwrap().unwrap();
    assert_eq!(outer.values.get("count"), None);
    assert_eq!(now_sealed.get("/read").await.body, "2");
}

#[tokio::test]
async fn a_cache_around_it_holds_what_is_opened() {
    let memory = MemorySessionStorage::new();
    let storage = CachedSessionStorage::new(sealed(&memory, 1, &[]));
    let mut browser = browser(storage.clone());
    for count in ["1", "2", "3"] {
        assert_eq!(browser.get("/count").await.body, count);
    }
    let id = id_of(&browser.cookies["__Host-Http-id"]);
    let held = storage.load(id).await.unwrap().unwrap();
    assert_eq!(held.values.get("count"), Some("3"));
}

#[test]
fn no_debug_output_shows_a_key() {
    let storage = sealed(&MemorySessionStorage::new(), 65, &[66]).hiding_owners(key(67));
    let shown = format!("{storage:?} {:?}", key(68));
    assert!(
        !shown.contains("65, 65") && !shown.contains("AAAA"),
        "{shown}"
    );
    assert!(shown.contains("SealingKey(REDACTED)"), "{shown}");
}

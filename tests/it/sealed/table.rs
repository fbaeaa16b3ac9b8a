//! What stands in the table: what its reader learns, and what its writer can do.

use std::sync::Arc;

use axum_bare_session::storage::{Digest, Saved, SessionRecord, SessionStorage, StorageErrorKind};
use axum_bare_session::{Duration, MemorySessionStorage, SessionId};
use serde_json::{Value, json};

use super::{key, now, record, saved, sealed};

/// Bytes as base64url that stand nowhere else.
fn text(bytes: usize, byte: u8) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(vec![byte; bytes])
}

/// What a reader of the table must not find.
fn secrets() -> Vec<String> {
    let bytes = [(32, 0xb1), (64, 0xb2), (32, 0xb3), (32, 0xb4), (32, 7)];
    let texts = bytes.map(|(bytes, byte)| text(bytes, byte));
    let words = ["secret", "forty", "her phone", "a_later_field", "bearer"];
    texts.into_iter().chain(words.map(Into::into)).collect()
}

/// A record of ada's that has every field that there is.
fn full() -> Arc<SessionRecord> {
    let mut full = json(&record(now()));
    let fields = full.as_object_mut().unwrap();
    let at = fields["created_at"].clone();
    let bound = json!({"key": text(32, 0xb1), "at": at, "device": text(64, 0xb2)});
    let former = json!({"digest": text(32, 0xb4), "replaced_at": at});
    fields.extend([
        ("authenticated_at".to_owned(), at.clone()),
        ("remember".to_owned(), json!(3_600)),
        ("renewals".to_owned(), json!(2)),
        ("generation".to_owned(), json!(1)),
        ("marks".to_owned(), json!([17, 18])),
        ("scope".to_owned(), json!("admin")),
        ("transport".to_owned(), json!("bearer")),
        ("binding".to_owned(), bound),
        ("stamps".to_owned(), json!([text(32, 0xb3)])),
        ("former_secret".to_owned(), former.clone()),
        ("earlier_secrets".to_owned(), json!([former])),
        ("a_later_field".to_owned(), json!({"any": "thing"})),
    ]);
    of_json(&full)
}

fn json(record: &SessionRecord) -> Value {
    serde_json::from_slice(&record.to_json().unwrap()).unwrap()
}

fn of_json(json: &Value) -> Arc<SessionRecord> {
    let json = serde_json::to_vec(json).unwrap();
    Arc::new(SessionRecord::from_json(&json).unwrap())
}

fn id(byte: u8) -> SessionId {
    uuid::Uuid::from_bytes([byte; 16]).into()
}

#[tokio::test]
async fn the_table_tells_what_a_storage_works_with_and_nothing_else() {
    let memory = MemorySessionStorage::new();
    for (byte, storage) in [
        (1, sealed(&memory, 1, &[])),
        (2, sealed(&memory, 1, &[]).hiding_owners(key(3))),
    ] {
        let record = full();
        let created = storage.save(id(byte), Arc::clone(&record), None).await;
        assert_eq!(created.unwrap(), Saved::Done);
        let outer = json(&memory.load(id(byte)).await.unwrap().unwrap());
        let mut names: Vec<_> = outer.as_object().unwrap().keys().cloned().collect();
        names.sort();
        let known = [
            "authenticated_at",
            "created_at",
            "digest",
            "expires_at",
            "format",
            "last_seen",
            "owner",
            "remember",
            "renewals",
            "values",
            "version",
        ];
        assert_eq!(names, known);
        assert_eq!(outer["digest"], text(32, 0));
        assert_eq!(outer["owner"] == "ada", byte == 1);
        let outer = outer.to_string();
        for secret in secrets() {
            assert!(!outer.contains(&secret), "{secret}: {outer}");
        }
        assert_eq!(storage.load(id(byte)).await.unwrap(), Some(record));
    }
}

#[tokio::test]
async fn every_field_survives_every_write() {
    let memory = MemorySessionStorage::new();
    let storage = sealed(&memory, 1, &[]);
    let mut record = SessionRecord::clone(&full());
    let created = storage.save(id(1), record.clone().into(), None).await;
    assert_eq!(created.unwrap(), Saved::Done);
    for minutes in 1..4 {
        let before = record.version;
        (record.last_seen, record.expires_at) = (
            record.last_seen + Duration::MINUTE,
            record.expires_at + Duration::minutes(minutes),
        );
        let touched = storage.touch(id(1), before, record.last_seen, record.expires_at);
        assert!(touched.await.unwrap());
        let stored = Some(Arc::new(record.clone()));
        assert_eq!(storage.load(id(1)).await.unwrap(), stored);
        let conflict = storage.save(id(1), full(), None).await.unwrap();
        assert_eq!(conflict, Saved::Conflict(stored));
        record.version = before.next();
        let saved = storage.save(id(1), record.clone().into(), Some(before));
        assert_eq!(saved.await.unwrap(), Saved::Done);
        let found = [(id(1), Arc::new(record.clone()))];
        assert_eq!(storage.load_many(&[id(1)]).await.unwrap(), found);
        assert_eq!(storage.list("ada", now()).await.unwrap(), found);
    }
}

/// Who writes the table knows the secrets that belong to these, and the values are another's.
#[tokio::test]
async fn a_digest_or_a_former_secret_that_is_put_into_the_table_opens_nothing() {
    let memory = MemorySessionStorage::new();
    let storage = sealed(&memory, 1, &[]);
    let record = full();
    let created = storage.save(id(1), Arc::clone(&record), None).await;
    assert_eq!(created.unwrap(), Saved::Done);
    let outer = memory.load(id(1)).await.unwrap().unwrap();
    let mut forged = json(&outer);
    let known = text(32, 0xee);
    forged["digest"] = json!(known);
    let nonce = text(16, 1);
    let at = forged["created_at"].clone();
    forged["former_secret"] = json!({"digest": known, "replaced_at": at, "nonce": nonce});
    let fields = forged.as_object_mut().unwrap();
    fields.remove("binding");
    fields.remove("stamps");
    assert!(memory.delete(id(1)).await.unwrap());
    let put = memory.save(id(1), of_json(&forged), None).await;
    assert_eq!(put.unwrap(), Saved::Done);
    assert_eq!(
        storage.load(id(1)).await.unwrap(),
        Some(Arc::clone(&record))
    );
    // Nor where the key is not in the ring.
    let without = sealed(&memory, 2, &[]);
    let found = without.load_many(&[id(1)]).await.unwrap();
    assert_eq!(found[0].1.digest, Digest::from([0; 32]));
    assert!(!json(&found[0].1).to_string().contains(&known));
}

#[tokio::test]
async fn what_is_moved_to_another_row_or_version_opens_nothing() {
    let memory = MemorySessionStorage::new();
    let storage = sealed(&memory, 1, &[]);
    let (id, _) = saved(&storage, 1).await;
    let (other, _) = saved(&storage, 2).await;
    let outer = memory.load(id).await.unwrap().unwrap();
    let place = async |id: SessionId, change: &dyn Fn(&mut SessionRecord)| {
        let current = memory.load(id).await.unwrap().unwrap();
        let mut copied = SessionRecord::clone(&current);
        change(&mut copied);
        copied.version = current.version.next();
        let _ = memory
            .save(id, Arc::new(copied), Some(current.version))
            .await;
        storage.load(id).await.unwrap_err().kind()
    };
    let values = outer.values.clone();
    let kind = place(other, &|copied| copied.values = values.clone()).await;
    assert_eq!(kind, StorageErrorKind::Malformed);
    // The same row at a later version.
    assert_eq!(place(id, &|_| {}).await, StorageErrorKind::Malformed);
}

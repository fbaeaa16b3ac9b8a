use std::error::Error;
use std::sync::Arc;

use axum_bare_session::SessionId;
use axum_bare_session::storage::{
    DecodeError, Digest, Owned, SessionRecord, SessionStorage, StorageError, StorageErrorKind,
    Timestamp,
};

use super::app::{app, visitor};
use super::owner_set::{created_of, list, now};
use super::server::{Server, shared};
use super::steps::{created, new_id, next};

/// The one key of a server of the test's own.
fn only_key(client: &mut redis::Connection) -> Vec<u8> {
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(client).unwrap();
    assert_eq!(keys.len(), 1);
    keys.into_iter().next().unwrap()
}

fn decode_error(error: &StorageError) -> &DecodeError {
    error.source().unwrap().downcast_ref().unwrap()
}

#[tokio::test]
async fn garbage_under_a_key_is_malformed_and_no_panic() {
    let server = Server::start(&[]);
    let storage = server.storage().await;
    let (id, record) = created(&storage).await;
    let mut client = server.client();
    let key = only_key(&mut client);
    let whole: Vec<u8> = redis::cmd("GET").arg(&key).query(&mut client).unwrap();
    let mut put = |command: &str, value: &[u8]| {
        redis::cmd("DEL").arg(&key).exec(&mut client).unwrap();
        let mut command = redis::cmd(command);
        command.arg(&key);
        if value == b"pair" {
            command.arg("field");
        }
        command.arg(value).exec(&mut client).unwrap();
    };
    for (command, value) in [
        ("SET", &b"hello"[..]),
        ("SET", b"\xff\x00\xff"),
        ("SET", &whole[..30]),
        ("SET", &whole[..whole.len() - 1]),
        ("LPUSH", b"hello"),
        ("HSET", b"pair"),
        ("SADD", b"hello"),
    ] {
        put(command, value);
        let loaded = storage.load(id).await.unwrap_err();
        assert_eq!(loaded.kind(), StorageErrorKind::Malformed, "{command}");
        assert!(matches!(
            decode_error(&loaded),
            DecodeError::Malformed { .. }
        ));
        let created = storage.save(id, Arc::new(record.clone()), None).await;
        assert_eq!(created.unwrap_err().kind(), StorageErrorKind::Malformed);
        storage.delete(id).await.unwrap();
        assert_eq!(storage.load(id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_record_of_a_newer_format_is_told_and_left_alone() {
    let server = Server::start(&[]);
    let storage = server.storage().await;
    let (id, record) = created(&storage).await;
    let mut client = server.client();
    let key = only_key(&mut client);
    let whole: Vec<u8> = redis::cmd("GET").arg(&key).query(&mut client).unwrap();
    let head = whole.len() - record.to_json().unwrap().len();
    let json = String::from_utf8(whole[head..].to_vec()).unwrap();
    let json = json.replacen("\"format\":1", "\"format\":7", 1);
    let newer = [&whole[..head], json.as_bytes()].concat();
    let mut set = redis::cmd("SET");
    set.arg(&key).arg(&newer).exec(&mut client).unwrap();

    let error = storage.load(id).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::NewerFormat);
    let second = Arc::new(next(&record));
    let saved = storage.save(id, second, None).await.unwrap_err();
    assert_eq!(saved.kind(), StorageErrorKind::NewerFormat);
    let stored: Vec<u8> = redis::cmd("GET").arg(&key).query(&mut client).unwrap();
    assert_eq!(stored, newer);
}

#[tokio::test]
async fn a_visitor_whose_record_is_garbage_starts_afresh() {
    let server = Server::start(&[]);
    let app = app(server.storage().await);
    let mut browser = visitor(&app).await;
    let mut client = server.client();
    let key = only_key(&mut client);
    redis::cmd("DEL").arg(&key).exec(&mut client).unwrap();
    redis::cmd("LPUSH")
        .arg(&key)
        .arg("x")
        .exec(&mut client)
        .unwrap();
    assert_eq!(browser.get("/read").await.body, "nobody");
    assert_eq!(browser.get("/visit").await.status, 200);
    assert_eq!(browser.get("/read").await.body, "1");
}

#[tokio::test]
async fn garbage_among_an_owners_sessions_hides_no_other() {
    let storage = shared().storage().await.with_prefix("garbage:");
    let (broken, mut record) = created(&storage).await;
    let owner = format!("owner:{broken}");
    record.owner = Some(owner.as_str().into());
    let second: SessionRecord = next(&record);
    let saved = storage.save(broken, Arc::new(second), Some(record.version));
    let _ = saved.await.unwrap();
    let (whole, first) = created(&storage).await;
    let mut second = next(&first);
    second.owner = Some(owner.as_str().into());
    let saved = storage.save(whole, Arc::new(second), Some(first.version));
    let _ = saved.await.unwrap();

    let mut client = shared().client();
    let mut set = redis::cmd("SET");
    set.arg(format!("garbage:{broken}")).arg("hello");
    set.exec(&mut client).unwrap();
    let now = Timestamp::from(axum_bare_session::OffsetDateTime::now_utc());
    let listed = storage.list(&owner, now).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].0, whole);
    let ended = storage.delete_owned(&owner, Owned::All, now).await;
    assert_eq!(ended.unwrap(), [whole], "whose the garbage is nobody knows");
}

#[tokio::test]
async fn an_owners_records_that_cannot_be_decoded_hide_no_other_and_end_with_them() {
    let storage = shared().storage().await.with_prefix("newer:");
    let owner: Arc<str> = format!("owner:{}", new_id()).into();
    let mut ids = Vec::new();
    for _ in 0..4 {
        let (id, first) = created(&storage).await;
        let mut second = next(&first);
        second.owner = Some(Arc::clone(&owner));
        let saved = storage.save(id, Arc::new(second), Some(first.version));
        let _ = saved.await.unwrap();
        ids.push(id);
    }
    let mut client = shared().client();
    let mut write = |id: SessionId, at: isize, bytes: &[u8]| {
        let mut set = redis::cmd("SETRANGE");
        let key = format!("newer:{id}");
        let length: isize = redis::cmd("STRLEN").arg(&key).query(&mut client).unwrap();
        let at = if at < 0 { length + at } else { at };
        set.arg(key).arg(at).arg(bytes);
        set.exec(&mut client).unwrap();
    };
    // A newer layout, a newer format of the record, and none at all.
    write(ids[0], 3, &[9]);
    let json = 40 + owner.len() as isize;
    write(ids[1], json, br#"{"format":7,"#);
    write(ids[2], -2, b"??");

    let now = Timestamp::from(axum_bare_session::OffsetDateTime::now_utc());
    let listed = storage.list(&owner, now).await.unwrap();
    let mut found: Vec<_> = listed.iter().map(|(id, _)| *id).collect();
    let mut readable = vec![ids[0], ids[1], ids[3]];
    found.sort();
    readable.sort();
    assert_eq!(found, readable);
    for (id, record) in listed {
        assert_eq!(record.owner.as_ref(), Some(&owner));
        assert!(record.expires_at > now && record.last_seen < now);
        let is_readable = id == ids[3];
        assert_eq!(record.digest != Digest::from([0; 32]), is_readable);
    }

    let ended = storage.delete_owned(&owner, Owned::All, now).await;
    let mut ended = ended.unwrap();
    ended.sort();
    ids.sort();
    assert_eq!(ended, ids);
    for id in ids {
        assert_eq!(storage.load(id).await.unwrap(), None);
    }
}

/// A list shows nothing of it, and leaves it to be ended with the others.
#[tokio::test]
async fn a_malformed_record_of_an_owner_is_ended_with_the_others_after_a_list() {
    let storage = shared().storage().await;
    let owner = new_id().to_string();
    let (id, other) = (
        created_of(&storage, &owner).await,
        created_of(&storage, &owner).await,
    );
    let mut client = shared().client();
    let key = format!("session:{id}");
    let whole: Vec<u8> = redis::cmd("GET").arg(&key).query(&mut client).unwrap();
    let mut cut = redis::cmd("SET");
    cut.arg(&key).arg(&whole[..whole.len() - 1]);
    cut.exec(&mut client).unwrap();
    // It was entered more than a minute ago.
    let mut aged = redis::cmd("ZADD");
    let set = format!("session:owner:{owner}");
    aged.arg(&set)
        .arg("XX")
        .arg("2000000000000000")
        .arg(id.as_bytes());
    aged.exec(&mut client).unwrap();
    assert_eq!(list(&storage, &owner).await, [other]);
    let ended = storage.delete_owned(&owner, Owned::All, now()).await;
    assert!(ended.unwrap().contains(&other));
    let left: bool = redis::cmd("EXISTS").arg(&key).query(&mut client).unwrap();
    assert!(!left, "its values are still there");
}

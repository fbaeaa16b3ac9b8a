use axum_bare_session::storage::{
    DecodeError, Digest, Saved, SessionRecord, StorageError, StorageErrorKind, Timestamp, Version,
};
use axum_bare_session::{
    Duration, MemorySessionStorage, OffsetDateTime, SessionData, SessionError, SessionId,
    SessionRejection, Sessions, SessionsBuilder,
};
use std::fmt::Debug;
use std::sync::Arc;

use super::house::CARD;

fn is_debug<T: Debug>() {}

#[test]
fn every_public_type_has_debug_output() {
    is_debug::<SessionData>();
    is_debug::<Sessions>();
    is_debug::<SessionsBuilder>();
    is_debug::<SessionRejection>();
    is_debug::<MemorySessionStorage>();
    is_debug::<Version>();
}

#[test]
fn a_record_shows_keys_and_sizes_and_a_redacted_digest() {
    let now = Timestamp::from(OffsetDateTime::UNIX_EPOCH);
    let mut record = SessionRecord::new(Digest::from([0xab; 32]), now, now + Duration::HOUR);
    record.values.insert("card", CARD).unwrap();
    let record = Arc::new(record);
    let shown = format!(
        "{record:?} {:?}",
        Saved::Conflict(Some(Arc::clone(&record)))
    );
    assert!(!shown.contains(CARD) && !shown.contains("171"), "{shown}");
    assert!(shown.contains(r#"{"card": 21 bytes}"#), "{shown}");
    assert!(shown.contains("Digest(REDACTED)"), "{shown}");
}

#[test]
fn an_unknown_field_of_a_stored_record_is_as_secret_as_a_value() {
    let now = Timestamp::from(OffsetDateTime::UNIX_EPOCH);
    let record = SessionRecord::new(Digest::from([7; 32]), now, now + Duration::HOUR);
    let json = String::from_utf8(record.to_json().unwrap()).unwrap();
    let json = json.replacen('{', &format!("{{\"later\":\"{CARD}\","), 1);
    let read = SessionRecord::from_json(json.as_bytes()).unwrap();
    assert!(!format!("{read:?} {read:#?}").contains(CARD));
}

#[test]
fn a_session_shows_its_id_and_keys_and_no_value() {
    let session: SessionData = SessionData::detached();
    session.insert("card", CARD).unwrap();
    let shown = format!("{session:?}");
    assert!(shown.contains("card") && !shown.contains(CARD), "{shown}");
}

#[test]
fn a_public_id_is_shown_as_a_uuid_everywhere() {
    let text = "01932c07-209c-7401-8fbc-d1a5e5f8c9ab";
    let id: SessionId = text.parse().unwrap();
    assert_eq!(id.to_string(), text);
    assert!(format!("{id:?}").contains(text));
    assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{text}\""));
    assert!("no id".parse::<SessionId>().is_err());
}

#[test]
fn an_undecodable_record_names_the_field_and_shows_nothing_of_its_content() {
    let json = format!(r#"{{"format":1,"version":"{CARD}"}}"#);
    let error = SessionRecord::from_json(json.as_bytes()).unwrap_err();
    assert_eq!(error, DecodeError::Malformed { field: "version" });
    let error = StorageError::from(error);
    assert_eq!(error.kind(), StorageErrorKind::Malformed);
    let mut haystack = super::Haystack::default();
    haystack.secret_value(CARD);
    haystack.error(&error);
    assert!(haystack.seen().contains("version"));
    haystack.assert_no_needle();
}

#[test]
fn an_engines_error_stays_the_source_of_the_sessions_error_and_out_of_its_text() {
    use std::error::Error;
    let storage = StorageError::new("postgres://user:password@host refused");
    let error = SessionError::Storage(storage.into());
    assert!(!error.to_string().contains("password"));
    let source = error.source().unwrap();
    assert!(!source.to_string().contains("password"));
    let engine = source.source().unwrap();
    assert!(engine.to_string().contains("refused"));
}

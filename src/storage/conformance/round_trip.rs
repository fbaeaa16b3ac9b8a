use serde_json::value::RawValue;
use time::{Duration, OffsetDateTime};

use super::steps::*;
use crate::record::{Digest, SessionRecord, Timestamp, Version};
use crate::storage::{Owned, SessionStorage};

/// Saves and loads the record, once as a creation and once over an earlier version, and compares text for text.
async fn assert_survives(storage: &impl SessionStorage, record: &SessionRecord) {
    let (created, mut first) = new_session();
    create(storage, created, record).await;
    let (replaced, _) = new_session();
    first.version = Version::from(u64::from(record.version) + 1);
    create(storage, replaced, &first).await;
    replace(storage, replaced, &first, record).await;
    for id in [created, replaced] {
        let Some(stored) = load(storage, id).await else {
            panic!("the record is absent: {record:?}");
        };
        for (key, json) in record.values.iter() {
            let text = stored.values.get(key);
            assert!(text == Some(json), "the value of {key:?} was changed");
        }
        assert_eq!(*stored, *record, "left: as it came back");
        // A test's record may live for thousands of years.
        delete(storage, id).await;
    }
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).expect("the test's text is JSON")
}

/// Every field of a record survives a round trip.
pub async fn every_field_survives_a_round_trip(storage: &impl SessionStorage) {
    let (_, mut record) = new_session_of(&new_owner());
    record.version = Version::from(7);
    record.created_at -= Duration::hours(3);
    record.last_seen -= Duration::hours(2);
    record.authenticated_at = Some(record.created_at + Duration::SECOND);
    record.set_remember(Some(Duration::days(30)));
    record.digest = Digest::from(std::array::from_fn(|at| 255 - at as u8));
    assert_survives(storage, &record).await;
}

/// How a session is bound to a device survives saves and touches, also in a process that binds none.
pub async fn a_binding_to_a_device_survives_every_write(storage: &impl SessionStorage) {
    let (id, record) = new_session_of(&new_owner());
    let json = record.to_json().expect("a record is JSON");
    let (key, device) = ("_-8A".repeat(10) + "_-8", "_-8A".repeat(21) + "_A");
    let at = record.created_at.as_micros();
    let bound =
        format!(r#"{{"binding":{{"key":"{key}","at":{at},"device":"{device}","later":[1.0]}},"#);
    let json = [bound.as_bytes(), &json[1..]].concat();
    let record = SessionRecord::from_json(&json).expect("the test's record is one");
    assert!(record.is_bound());
    assert_survives(storage, &record).await;
    create(storage, id, &record).await;
    assert!(
        touch(
            storage,
            id,
            record.version,
            record.last_seen,
            record.expires_at
        )
        .await
    );
    assert_stored(storage, id, &record).await;
    delete(storage, id).await;
}

/// A record without values, owner and all that is optional survives a round trip.
pub async fn an_empty_record_survives_a_round_trip(storage: &impl SessionStorage) {
    let now = now();
    let record = SessionRecord::new(Digest::from([0; 32]), now, now + LIFE);
    assert_survives(storage, &record).await;
}

/// Times survive a round trip to the microsecond.
pub async fn times_survive_to_the_microsecond(storage: &impl SessionStorage) {
    for microsecond in [0, 1, 123_456, 999_999] {
        let (_, mut record) = new_session();
        for time in [
            &mut record.created_at,
            &mut record.last_seen,
            &mut record.expires_at,
        ] {
            let second = OffsetDateTime::from(*time).truncate_to_second();
            *time = Timestamp::from(second) + Duration::microseconds(microsecond);
        }
        record.authenticated_at = Some(record.created_at);
        assert_survives(storage, &record).await;
    }
}

/// Every call takes the earliest and the latest time that there is, and a record keeps both.
pub async fn distant_times_survive_a_round_trip(storage: &impl SessionStorage) {
    let (earliest, latest) = (Timestamp::MIN, Timestamp::MAX);
    let owner = new_owner();
    let (_, mut record) = new_session_of(&owner);
    record.created_at = earliest;
    record.last_seen = earliest;
    record.authenticated_at = Some(earliest);
    record.expires_at = latest;
    assert_survives(storage, &record).await;

    let (id, mut record) = created_of(storage, &owner).await;
    assert!(touch(storage, id, record.version, earliest, latest).await);
    (record.last_seen, record.expires_at) = (earliest, latest);
    assert_stored(storage, id, &record).await;
    assert_eq!(list(storage, &owner, earliest).await.len(), 1);
    assert_eq!(list(storage, &owner, latest).await.len(), 0);
    delete_expired_at(storage, earliest).await;
    assert_stored(storage, id, &record).await;
    let deleted = storage.delete_owned(&owner, Owned::All, earliest).await;
    assert_eq!(deleted.ok(), Some(vec![id]));
}

/// Values hold any text: every kind of character, NUL and its escape, emoji, and what looks alike.
pub async fn any_text_survives_as_a_value(storage: &impl SessionStorage) {
    let (_, mut record) = new_session();
    let low: String = ('\0'..'\u{800}').collect();
    set(&mut record, "low", &low);
    set(&mut record, "nul", "a\0b");
    set(&mut record, "nul escape", &raw(r#""a\u0000b""#));
    set(&mut record, "emoji", "\u{1f469}\u{200d}\u{1f680}\u{1f36a}");
    set(
        &mut record,
        "highest",
        "\u{ffff}\u{10000}\u{10ffff}\u{feff}\u{2028}",
    );
    set(&mut record, "composed", "\u{e9}");
    set(&mut record, "decomposed", "e\u{301}");
    set(&mut record, "lines", "\r\n\n\r\t \u{a0}");
    set(&mut record, "quotes", r#"'"`\ '' \' $1 ? :a %s {} ; --"#);
    assert_survives(storage, &record).await;
}

/// Keys hold any text too, the empty one included, and none is taken for another.
pub async fn any_text_survives_as_a_key(storage: &impl SessionStorage) {
    let (_, mut record) = new_session();
    let keys = [
        "", " ", "a", "A", "a ", "\0", "é", "e\u{301}", "'", "\"", "\\", "$", "a.b", "a[0]", "%",
        "\n",
    ];
    for (at, key) in keys.iter().enumerate() {
        set(&mut record, key, &at);
    }
    set(
        &mut record,
        "version",
        "a field's name is no key's privilege",
    );
    set(&mut record, "\u{1f36a}", "cookie");
    assert_survives(storage, &record).await;
}

/// A value comes back as the same text, not only as the same JSON: spaces, numbers and the order of an object's keys.
pub async fn a_value_comes_back_as_the_same_text(storage: &impl SessionStorage) {
    let (_, mut record) = new_session();
    for json in [
        r#"{ "b" : 1,  "a" : [ ] }"#,
        r#"{"a":1,"a":2}"#,
        "1.0",
        "-0",
        "1e2",
        "18446744073709551615",
        "123456789012345678901234567890.123456789012345678901234567890",
        "null",
        r#""\u00e9\/""#,
    ] {
        set(&mut record, json, &raw(json));
    }
    assert_survives(storage, &record).await;
}

/// A record with 64 KiB of values survives a round trip, in one value or in many.
pub async fn values_of_64_kib_survive_a_round_trip(storage: &impl SessionStorage) {
    let (_, mut one) = new_session();
    set(&mut one, "text", &"é".repeat(32 * 1024));
    assert_survives(storage, &one).await;
    let (_, mut many) = new_session();
    for key in 0..64 {
        set(&mut many, &key.to_string(), &"x".repeat(1024));
    }
    assert_survives(storage, &many).await;
}

/// A record with 1,000 keys survives a round trip.
pub async fn a_thousand_keys_survive_a_round_trip(storage: &impl SessionStorage) {
    let (_, mut record) = new_session();
    for key in 0..1_000 {
        set(&mut record, &format!("key {key}"), &key);
    }
    assert_survives(storage, &record).await;
}

/// Fields that a later version of this crate adds to the stored form survive a round trip, a touch and a list.
pub async fn unknown_fields_survive_a_round_trip(storage: &impl SessionStorage) {
    let owner = new_owner();
    let (id, record) = new_session_of(&owner);
    let json = record.to_json().expect("a record serializes");
    let json = String::from_utf8(json).expect("JSON is UTF-8");
    let field = r#""later":{ "a" : [1.0] }"#;
    let json = json.replacen('{', &format!("{{{field},"), 1);
    let record = SessionRecord::from_json(json.as_bytes()).expect("it is a record");
    assert_survives(storage, &record).await;

    create(storage, id, &record).await;
    let (seen, end) = (record.last_seen, record.expires_at);
    touch(storage, id, record.version, seen, end).await;
    let listed = list(storage, &owner, now()).await;
    let loaded = load(storage, id).await;
    for stored in listed.iter().map(|(_, record)| record).chain(&loaded) {
        let json = stored.to_json().expect("a record serializes");
        let json = String::from_utf8(json).expect("JSON is UTF-8");
        assert!(json.contains(field), "the unknown field is lost: {json}");
    }
    assert_eq!((listed.len(), loaded.is_some()), (1, true));
}

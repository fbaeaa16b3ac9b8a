use std::sync::Arc;

use super::*;
use crate::record::binding::POINT_BYTES;
use crate::record::{Digest, Random, SessionRecord, Timestamp};

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_123_456).unwrap();

fn offered() -> SessionRecord {
    let mut record = SessionRecord::new(Digest::from([0; 32]), NOW, NOW);
    let key = BindingKey::generate(&Random::default()).unwrap();
    record.set_rare(|rare| rare.binding = Some(Arc::new(Binding::offer(key, NOW))));
    record
}

fn json(record: &SessionRecord) -> String {
    String::from_utf8(record.to_json().unwrap()).unwrap()
}

fn read(json: &str) -> Result<SessionRecord, DecodeError> {
    SessionRecord::from_json(json.as_bytes())
}

/// The stored form, with `member` in the binding beside what is there.
fn with(record: &SessionRecord, member: &str) -> String {
    json(record).replace(r#""binding":{"#, &format!(r#""binding":{{{member},"#))
}

#[test]
fn an_offer_and_a_binding_survive_with_what_a_later_version_adds() {
    let offered = offered();
    assert_eq!(read(&json(&offered)).as_ref(), Ok(&offered));
    assert!(!offered.is_bound());
    let device = URL_SAFE_NO_PAD.encode([7; POINT_BYTES]);
    let later = format!(r#""device":"{device}","later":[1.000]"#);
    let bound = read(&with(&offered, &later)).unwrap();
    assert!(bound.is_bound());
    let again = read(&json(&bound)).unwrap();
    assert_eq!(again, bound);
    assert!(json(&again).contains(r#""later":[1.000]"#));
}

#[test]
fn a_member_that_is_missing_or_of_another_form_is_malformed_and_not_shown() {
    let good = json(&offered());
    let start = good.find(r#"{"key""#).unwrap();
    let end = start + good[start..].find('}').unwrap() + 1;
    let binding = &good[start..end];
    let device = |bytes: usize| URL_SAFE_NO_PAD.encode(vec![7; bytes]);
    for bad in [
        "{}".to_owned(),
        "[]".to_owned(),
        "7".to_owned(),
        binding.replace(r#""at""#, r#""other""#),
        binding.replace(r#""key""#, r#""other""#),
        binding.replace(r#"{"key":""#, r#"{"key":"A"#),
        binding.replace(r#"{"key":""#, r#"{"key":"="#),
        binding.replace("1700000000123456", "1.5"),
        binding.replace('}', r#","device":null}"#),
        binding.replace('}', &format!(r#","device":"{}"}}"#, device(63))),
        binding.replace('}', &format!(r#","device":"{}"}}"#, device(65))),
    ] {
        let error = read(&good.replace(binding, &bad)).unwrap_err();
        assert_eq!(error, DecodeError::Malformed { field: FIELD }, "{bad}");
        assert!(!format!("{error} {error:?}").contains("17000"), "{bad}");
    }
}

#[test]
fn a_record_without_one_has_no_such_field() {
    let record = SessionRecord::new(Digest::from([0; 32]), NOW, NOW);
    assert!(!json(&record).contains("binding"));
    assert!(read(&json(&record)).unwrap().binding().is_none());
}

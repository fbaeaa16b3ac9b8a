use time::Duration;

use super::*;
use crate::record::former_secret::Opens;
use crate::record::renewal::LONGEST_GRACE;
use crate::record::{Digest, SessionRecord, Timestamp};

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_123_456).unwrap();

fn digest(byte: u8) -> Digest {
    Digest::from([byte; 32])
}

/// A session whose secret was drawn anew twice, and then renewed periodically.
fn renewed() -> SessionRecord {
    let mut record = SessionRecord::new(digest(1), NOW, NOW + Duration::HOUR);
    record.renew(digest(2), NOW, LONGEST_GRACE);
    record.renew(digest(3), NOW + Duration::SECOND, LONGEST_GRACE);
    let nonce = Nonce([7; 16]);
    record.renew_periodically(digest(4), nonce, NOW + Duration::MINUTE);
    record
}

fn json(record: &SessionRecord) -> String {
    String::from_utf8(record.to_json().unwrap()).unwrap()
}

fn read(json: &str) -> Result<SessionRecord, DecodeError> {
    SessionRecord::from_json(json.as_bytes())
}

#[test]
fn former_secrets_survive_a_round_trip_each_as_what_it_was() {
    let mut record = renewed();
    assert_eq!(read(&json(&record)).as_ref(), Ok(&record));
    record.successor_used(NOW + Duration::HOUR);
    let again = read(&json(&record)).unwrap();
    assert_eq!(again, record);
    let opens = |byte, after| again.opened_by(&digest(byte), NOW + after, LONGEST_GRACE);
    assert_eq!(opens(1, Duration::seconds(59)), Opens::Superseded);
    assert_eq!(opens(2, Duration::MINUTE), Opens::Superseded);
    assert_eq!(opens(3, Duration::HOUR), Opens::OnItsWay);
    assert_eq!(opens(4, Duration::HOUR), Opens::WithCurrent);
    let fresh = SessionRecord::new(digest(1), NOW, NOW);
    assert!(!json(&fresh).contains("_secret"));
}

#[test]
fn earlier_secrets_without_the_latest_are_none() {
    let without = json(&renewed()).replace(r#""former_secret""#, r#""another""#);
    assert!(without.contains("earlier_secrets"), "{without}");
    assert_eq!(read(&without).unwrap().rare().former_secrets, []);
}

#[test]
fn what_a_later_version_adds_to_one_survives_with_its_exact_text() {
    let later = json(&renewed()).replace(
        r#""replaced_at""#,
        r#""later":[1.000],"also":null,"replaced_at""#,
    );
    let mut record = read(&later).unwrap();
    for _ in 0..3 {
        record = read(&json(&record)).unwrap();
    }
    let kept = json(&record);
    assert_eq!(kept.matches(r#""later":[1.000]"#).count(), 3);
    assert_eq!(kept.matches(r#""also":null"#).count(), 3);
}

#[test]
fn a_member_that_is_missing_or_of_another_form_is_malformed_and_not_shown() {
    let good = json(&renewed());
    let start = good.find(r#""former_secret":"#).unwrap() + r#""former_secret":"#.len();
    let end = start + good[start..].find('}').unwrap() + 1;
    let former = &good[start..end];
    assert!(former.contains("nonce"), "{former}");
    for bad in [
        "{}".to_owned(),
        "7".to_owned(),
        former.replace(r#""digest""#, r#""other""#),
        former.replace(r#""replaced_at""#, r#""other""#),
        former.replace(r#""nonce":""#, r#""nonce":"A"#),
        former.replace(r#""nonce":""#, r#""nonce":"="#),
        former.replace(r#""nonce":""#, r#""nonce":7,"n":""#),
        former.replace(r#""nonce":"Bw"#, r#""nonce":""#),
        former.replace('}', r#","used_at":1.5}"#),
        former.replace('}', r#","used_at":null}"#),
    ] {
        assert_ne!(bad, former);
        let error = read(&good.replace(former, &bad)).unwrap_err();
        assert!(matches!(error, DecodeError::Malformed { .. }), "{bad}");
        assert!(!error.to_string().contains("BwcH"), "{error}");
    }
}

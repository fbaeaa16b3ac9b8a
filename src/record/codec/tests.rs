use super::*;
use crate::record::Stamps;

/// A full record, one field a line.
const FULL: &str = r#"{
    "format": 1,
    "version": 7,
    "digest": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "created_at": 1700000000000001,
    "last_seen": 1700000000000002,
    "expires_at": 1700000000000003,
    "authenticated_at": 1700000000000004,
    "owner": "user:42",
    "remember": 3600,
    "values": {"b": [1, 2], "a": "text"}
}"#;

fn read(json: &str) -> Result<SessionRecord, DecodeError> {
    SessionRecord::from_json(json.as_bytes())
}

/// `FULL` with the line of `field` replaced by `text`; an empty text leaves the line out.
fn with(field: &str, text: &str) -> String {
    let is_it = |line: &str| line.trim_start().starts_with(&format!("\"{field}\""));
    let lines = FULL.lines().map(|line| match is_it(line) {
        true if text.is_empty() => String::new(),
        true if field == "values" => format!("\"{field}\": {text}"),
        true => format!("\"{field}\": {text},"),
        false => line.to_owned(),
    });
    let json = lines.collect::<Vec<_>>().join("\n");
    if field == "values" && text.is_empty() {
        return json.replace("3600,", "3600");
    }
    json
}

fn malformed(field: &'static str) -> Result<SessionRecord, DecodeError> {
    Err(DecodeError::Malformed { field })
}

#[test]
fn every_field_survives_a_round_trip() {
    let record = read(FULL).unwrap();
    assert_eq!(u64::from(record.version), 7);
    assert_eq!(record.digest.as_bytes(), &[0; 32]);
    assert_eq!(record.owner.as_deref(), Some("user:42"));
    assert_eq!(record.remember(), Some(Duration::HOUR));
    let after = |micros: i64| Timestamp::from_micros(1_700_000_000_000_000 + micros).unwrap();
    assert_eq!(record.created_at, after(1));
    assert_eq!(record.last_seen, after(2));
    assert_eq!(record.expires_at, after(3));
    assert_eq!(record.authenticated_at, Some(after(4)));
    let pairs: Vec<_> = record.values.iter().collect();
    assert_eq!(pairs, [("a", "\"text\""), ("b", "[1, 2]")]);
    assert_eq!(
        SessionRecord::from_json(&record.to_json().unwrap()),
        Ok(record)
    );
}

#[test]
fn an_absent_optional_field_is_none_and_is_not_written() {
    for field in ["authenticated_at", "owner", "remember"] {
        let record = read(&with(field, "")).unwrap();
        let json = String::from_utf8(record.to_json().unwrap()).unwrap();
        assert!(!json.contains(field), "{json}");
        assert_eq!(read(&json), Ok(record));
    }
}

#[test]
fn a_missing_field_is_named() {
    for field in [
        "format",
        "version",
        "digest",
        "created_at",
        "last_seen",
        "expires_at",
        "values",
    ] {
        assert_eq!(read(&with(field, "")), malformed(field));
    }
}

#[test]
fn how_its_secret_travels_survives_and_an_unknown_way_is_malformed() {
    let bearer = read(&with("remember", r#"3600, "transport": "bearer""#)).unwrap();
    assert_eq!(bearer.transport(), Transport::Bearer);
    let json = bearer.to_json().unwrap();
    assert_eq!(SessionRecord::from_json(&json), Ok(bearer));
    assert_eq!(read(FULL).unwrap().transport(), Transport::Cookie);
    let pigeon = with("remember", r#"3600, "transport": "pigeon""#);
    assert_eq!(read(&pigeon), malformed("transport"));
}

#[test]
fn what_counts_renewals_and_writes_is_read_as_such() {
    let more = r#"3600, "renewals": 3, "generation": 2, "marks": [7, 8], "scope": "admin""#;
    let record = read(&with("remember", more)).unwrap();
    assert_eq!((record.renewals, record.generation), (3, 2));
    assert_eq!(record.rare().marks[..], [7, 8]);
    assert_eq!(record.rare().scope.as_deref(), Some("admin"));
    assert!(record.rare().unknown.is_empty());
    let without = String::from_utf8(read(FULL).unwrap().to_json().unwrap()).unwrap();
    for none in ["renewals", "generation", "marks", "scope"] {
        assert!(!without.contains(none), "{none}");
    }
    assert_eq!(
        SessionRecord::from_json(&record.to_json().unwrap()),
        Ok(record)
    );
}

#[test]
fn a_field_of_another_type_is_named_and_not_shown() {
    const SECRET: &str = r#"{"secret": "hunter2"}"#;
    for field in [
        "format",
        "version",
        "digest",
        "created_at",
        "last_seen",
        "expires_at",
        "authenticated_at",
        "owner",
        "remember",
    ] {
        let error = read(&with(field, SECRET)).unwrap_err();
        assert_eq!(error, DecodeError::Malformed { field });
        let shown = format!("{error} {error:?}");
        assert!(
            shown.contains(field) && !shown.contains("hunter2"),
            "{shown}"
        );
        assert!(std::error::Error::source(&error).is_none());
    }
    for values in ["[1]", "\"hunter2\"", "7", "null"] {
        assert_eq!(read(&with("values", values)), malformed("values"));
    }
}

#[test]
fn numbers_out_of_range_and_fractions_are_malformed() {
    for (field, text) in [
        ("format", "-1"),
        ("format", "1.0"),
        ("version", "-1"),
        ("version", "18446744073709551616"),
        ("created_at", "1.5"),
        ("created_at", "9223372036854775807"),
        ("last_seen", "-9223372036854775808"),
        ("expires_at", "\"1700000000000003\""),
        ("authenticated_at", "1e30"),
        ("remember", "9223372036854775808"),
    ] {
        assert_eq!(read(&with(field, text)), malformed(field), "{text}");
    }
    assert!(read(&with("version", "18446744073709551615")).is_ok());
    assert!(read(&with("created_at", "-1")).is_ok());
}

#[test]
fn a_digest_is_32_bytes_of_base64url_without_padding() {
    for digest in [
        String::new(),
        "A".repeat(42),
        "A".repeat(44),
        format!("{}=", "A".repeat(43)),
        format!("+{}", "A".repeat(42)),
        // Bits beyond the 256.
        format!("{}B", "A".repeat(42)),
    ] {
        let json = with("digest", &format!("\"{digest}\""));
        assert_eq!(read(&json), malformed("digest"), "{digest}");
    }
}

#[test]
fn what_is_no_object_is_a_malformed_record() {
    for json in [
        "",
        "null",
        "[]",
        "7",
        "\"\"",
        "{",
        "{}x",
        "\u{feff}{}",
        "{\"a\":}",
    ] {
        assert_eq!(read(json), malformed("record"), "{json}");
    }
    let not_utf8 = SessionRecord::from_json(b"{\"owner\": \"\xff\"}");
    assert_eq!(not_utf8, malformed("record"));
    let end = FULL.len() - 1;
    for cut in 0..end {
        assert!(read(&FULL[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn a_newer_format_is_told_apart_whatever_else_it_holds() {
    let newer = Err(DecodeError::NewerFormat { format: 2 });
    assert_eq!(read(&with("format", "2")), newer);
    assert_eq!(read(r#"{"format": 2}"#), newer);
    assert_eq!(read(r#"{"version": "two", "format": 2}"#), newer);
}

#[test]
fn unknown_fields_survive_with_their_exact_text() {
    let unknown = r#"{"later": {"a": [1.000, -0, 1e400]}, "ключ\n": null, "#;
    let json = FULL.replacen('{', unknown, 1);
    let mut record = read(&json).unwrap();
    assert_eq!(record.values, read(FULL).unwrap().values);
    for _ in 0..3 {
        record = SessionRecord::from_json(&record.to_json().unwrap()).unwrap();
    }
    let unknown = &record.rare().unknown;
    let later = unknown.get("later");
    assert_eq!(later, Some(r#"{"a": [1.000, -0, 1e400]}"#));
    assert_eq!(unknown.get("ключ\n"), Some("null"));
    assert_eq!(unknown.len(), 2);
}

#[test]
fn texts_of_values_survive_as_they_are() {
    let values = r#"{"": 1.000, "\"": "\u00e9", "big": 123456789012345678901234567890, "$serde_json::private::Number": "1"}"#;
    let record = read(&with("values", values)).unwrap();
    let again = SessionRecord::from_json(&record.to_json().unwrap()).unwrap();
    for values in [&record.values, &again.values] {
        assert_eq!(values.get(""), Some("1.000"));
        assert_eq!(values.get("\""), Some(r#""\u00e9""#));
        assert_eq!(values.get("big"), Some("123456789012345678901234567890"));
        assert_eq!(values.get("$serde_json::private::Number"), Some("\"1\""));
    }
}

#[test]
fn times_before_1970_survive() {
    let record = read(&with("created_at", "-1")).unwrap();
    assert_eq!(record.created_at.as_micros(), -1);
    assert_eq!(
        SessionRecord::from_json(&record.to_json().unwrap()),
        Ok(record)
    );
}

#[test]
fn stamps_survive_a_round_trip_and_a_malformed_one_is_told() {
    let stamps: Stamps = [b"one", b"two"]
        .map(|stamp| Stamps::digest(stamp))
        .into_iter()
        .collect();
    let mut record = read(FULL).unwrap();
    assert_eq!(record.rare().stamps, Stamps::default());
    record.set_rare(|rare| rare.stamps = stamps.clone());
    let json = String::from_utf8(record.to_json().unwrap()).unwrap();
    assert!(!json.contains("one"), "{json}");
    let again = read(&json).unwrap();
    assert_eq!(again.rare().stamps, stamps);
    assert_eq!(again, record);
    for stamps in [r#"["short"]"#, r#""text""#, "[7]", "{}"] {
        let json = FULL.replacen('{', &format!(r#"{{"stamps": {stamps}, "#), 1);
        assert!(read(&json).is_err(), "{stamps}");
    }
}

#[test]
fn every_rare_field_survives_a_round_trip() {
    let rare =
        r#"{"label": "phone", "renewals": 3, "generation": 4, "marks": [1, 2], "scope": "admin", "#;
    let record = read(&FULL.replacen('{', rare, 1)).unwrap();
    assert_eq!(record.label().map(|label| &**label), Some("phone"));
    assert_eq!(record.rare().scope.as_deref(), Some("admin"));
    assert_eq!((record.renewals, record.generation), (3, 4));
    assert_eq!(record.rare().marks[..], [1, 2]);
    assert!(record.rare().unknown.is_empty());
    assert_eq!(
        SessionRecord::from_json(&record.to_json().unwrap()),
        Ok(record)
    );
}

use std::collections::BTreeMap;

use axum_bare_session::storage::{DecodeError, SessionRecord};
use serde_json::value::RawValue;

type Object<'a> = BTreeMap<String, &'a RawValue>;

/// The fields that every record has.
const ALWAYS: [&str; 7] = [
    "format",
    "version",
    "digest",
    "created_at",
    "last_seen",
    "expires_at",
    "values",
];

/// Stored records of any bytes are read or refused; what is read is written so that it is read again as the same, and
/// holds what another reader of JSON finds.
pub fn records(input: &[u8]) {
    let read = match SessionRecord::from_json(input) {
        Ok(record) => record,
        Err(DecodeError::NewerFormat { format }) => return assert!(format > 1),
        Err(error) => {
            let told = format!("{error} {error:?}");
            return assert!(
                told.len() < 120,
                "an error shows nothing of a record: {told}"
            );
        }
    };
    let written = read.to_json().expect("it was JSON");
    let again = SessionRecord::from_json(&written).expect("it was written by us");
    assert_eq!(again, read);
    assert_eq!(again.to_json().expect("it was JSON"), written);

    let (before, after) = (object(input), object(&written));
    for field in ALWAYS {
        assert!(
            before.contains_key(field) && after.contains_key(field),
            "{field}"
        );
    }
    let (values, kept) = (values(&before), values(&after));
    assert_eq!(kept, values);
    let iterated = read.values.iter();
    assert!(iterated.eq(values.iter().map(|(key, json)| (&**key, json.as_str()))));
    let size: usize = values
        .iter()
        .map(|(key, json)| key.len() + json.len())
        .sum();
    assert_eq!(
        (read.values.len(), read.values.size()),
        (values.len(), size)
    );
    for (key, json) in &values {
        assert_eq!(read.values.get(key), Some(json.as_str()));
    }
    // What nobody knows yet is kept by the letter.
    for (field, json) in before
        .iter()
        .filter(|(field, _)| field.starts_with("later"))
    {
        assert_eq!(
            after.get(field).map(|json| json.get()),
            Some(json.get()),
            "{field}"
        );
    }
}

fn object(json: &[u8]) -> Object<'_> {
    serde_json::from_slice(json).expect("a record is an object")
}

fn values(record: &Object<'_>) -> BTreeMap<String, String> {
    let values: Object<'_> = serde_json::from_str(record["values"].get()).expect("an object");
    let values = values.into_iter();
    values
        .map(|(key, json)| (key, json.get().to_owned()))
        .collect()
}

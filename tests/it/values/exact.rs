//! What `insert` takes, `get` gives back; the rest is refused when it is inserted.

use std::collections::BTreeMap;

use axum_bare_session::{SessionData, SessionError};
use serde::{Deserialize, Serialize};

fn session() -> SessionData {
    SessionData::detached()
}

/// Why `insert` refused a value under the key `refused`.
fn refusal(session: &SessionData, value: impl Serialize) -> String {
    session.insert("refused", 1).unwrap();
    let error = session.insert("refused", value).unwrap_err();
    let SessionError::Serialize { key, source } = error else {
        panic!("{error:?}");
    };
    assert_eq!(key, "refused");
    assert_eq!(session.get::<u8>("refused").unwrap(), Some(1));
    source.to_string()
}

#[test]
fn floats_come_back_equal_to_the_bit() {
    let session = session();
    let mut state = 1_u64;
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state ^ (state >> 29)
    };
    let mut floats = vec![0.410_000_000_000_000_03];
    floats.extend((0..2_000).map(|_| f64::from_bits(random())));
    floats.extend((0..2_000).map(|_| random() as f64 / u64::MAX as f64));
    for float in floats.into_iter().filter(|float| float.is_finite()) {
        session.insert("x", float).unwrap();
        let read: f64 = session.get("x").unwrap().unwrap();
        assert_eq!(read.to_bits(), float.to_bits(), "{float:e}");
        let written = session.update("x", |x: Option<f64>| x.unwrap()).unwrap();
        assert_eq!(written.to_bits(), float.to_bits(), "{float:e}");
    }
    for _ in 0..2_000 {
        let float = f32::from_bits(random() as u32);
        if float.is_finite() {
            session.insert("x", [float]).unwrap();
            let [read] = session.get::<[f32; 1]>("x").unwrap().unwrap();
            assert_eq!(read.to_bits(), float.to_bits(), "{float:e}");
        }
    }
}

#[derive(Serialize)]
struct Prices {
    none: Option<f64>,
    list: Vec<f32>,
}

#[test]
fn a_float_that_is_not_finite_is_refused_wherever_it_stands() {
    let session = session();
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let narrow = float as f32;
        for refused in [
            refusal(&session, float),
            refusal(&session, narrow),
            refusal(&session, Some(float)),
            refusal(&session, (1, float)),
            refusal(&session, BTreeMap::from([("a", float)])),
            refusal(&session, Wide::Tuple(1, float)),
            refusal(&session, Wide::Struct { field: Some(float) }),
            refusal(&session, Wide::Newtype(float)),
        ] {
            assert!(refused.contains("NaN or infinite"), "{refused}");
        }
        let (none, list) = (None, vec![1.0, narrow]);
        let refused = refusal(&session, Prices { none, list });
        assert!(refused.contains("NaN or infinite"), "{refused}");
    }
    let (none, list) = (None, vec![1.0]);
    session.insert("fine", Prices { none, list }).unwrap();
}

#[test]
fn an_update_to_what_is_not_finite_is_refused_and_changes_nothing() {
    let session = session();
    session.insert("x", 0.0).unwrap();
    let divide = |x: Option<f64>| x.unwrap() / 0.0;
    assert!(matches!(
        session.update("x", divide),
        Err(SessionError::Serialize { .. })
    ));
    assert_eq!(session.get("x").unwrap(), Some(0.0));
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Wide {
    Unit,
    Newtype(f64),
    Tuple(u8, f64),
    Struct { field: Option<f64> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wrapped(Option<u8>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Nothing;

#[test]
fn a_some_that_would_come_back_as_none_is_refused() {
    let session = session();
    for refused in [
        refusal(&session, Some(None::<u8>)),
        refusal(&session, Some(())),
        refusal(&session, Some(Nothing)),
        refusal(&session, Some(Wrapped(None))),
        refusal(&session, Some(Some(None::<u8>))),
        refusal(&session, vec![Some(None::<u8>)]),
        refusal(&session, Some(serde_json::Value::Null)),
    ] {
        assert!(refused.contains("read back as `None`"), "{refused}");
    }
}

#[test]
fn every_other_null_comes_back() {
    let session = session();
    macro_rules! comes_back {
        ($($type:ty: $value:expr),+ $(,)?) => {$(
            let value: $type = $value;
            session.insert("x", &value).unwrap();
            assert_eq!(session.get::<$type>("x").unwrap(), Some(value));
        )+};
    }
    comes_back! {
        Option<u8>: None,
        Option<Option<u8>>: Some(Some(1)),
        Option<Vec<Option<u8>>>: Some(vec![None, Some(2)]),
        Option<(u8, Option<u8>)>: Some((1, None)),
        (): (),
        Nothing: Nothing,
        Wrapped: Wrapped(None),
        Option<Wide>: Some(Wide::Unit),
        Wide: Wide::Struct { field: None },
        Option<Wide>: Some(Wide::Struct { field: None }),
        BTreeMap<Option<u8>, Option<u8>>: BTreeMap::from([(Some(1), None)]),
        serde_json::Value: serde_json::json!({"a": [null]}),
        Option<serde_json::Value>: Some(serde_json::json!([null])),
    }
}

/// Lists that stand so many deep in one another.
fn nested(depth: usize) -> serde_json::Value {
    (0..depth).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]))
}

#[test]
fn what_is_nested_as_deep_as_can_be_read_comes_back_and_what_is_deeper_is_refused() {
    let session = session();
    session.insert("deep", nested(127)).unwrap();
    assert_eq!(session.get("deep").unwrap(), Some(nested(127)));
    let objects = (0..127).fold(
        serde_json::json!("[[{{"),
        |inner, _| serde_json::json!({"{[": inner}),
    );
    session.insert("deep", &objects).unwrap();
    assert_eq!(session.get("deep").unwrap(), Some(objects.clone()));
    for refused in [
        refusal(&session, nested(128)),
        refusal(&session, [&objects]),
        refusal(&session, nested(50_000 / 100)),
    ] {
        assert!(refused.contains("127"), "{refused}");
    }
    // Many that stand beside one another.
    let wide = vec![vec![vec![1]]; 200];
    session.insert("wide", &wide).unwrap();
    assert_eq!(session.get("wide").unwrap(), Some(wide));
}

#[test]
fn keys_of_maps_that_are_numbers_booleans_and_variants_come_back() {
    let session = session();
    macro_rules! comes_back {
        ($($type:ty: $key:expr),+ $(,)?) => {$(
            let map = BTreeMap::from([($key, 1)]);
            session.insert("x", &map).unwrap();
            assert_eq!(session.get::<BTreeMap<$type, u8>>("x").unwrap(), Some(map));
        )+};
    }
    comes_back! {
        i8: -1, u64: u64::MAX, u128: u128::MAX, i128: i128::MIN, bool: true, char: '"',
        String: String::new(), Option<u8>: Some(1),
    }
    let refused = refusal(&session, BTreeMap::from([(None::<u8>, 1)]));
    assert!(refused.contains("key must be a string"), "{refused}");
}

#[test]
fn json_text_comes_back_as_it_was_however_deep() {
    let session = session();
    let text = ["[".repeat(500), "1.50".to_owned(), "]".repeat(500)].concat();
    let raw = serde_json::value::RawValue::from_string(text.clone()).unwrap();
    session.insert("raw", &raw).unwrap();
    let read: Box<serde_json::value::RawValue> = session.get("raw").unwrap().unwrap();
    assert_eq!(read.get(), text);
}

use std::collections::BTreeMap;
use std::error::Error;

use axum_bare_session::{Duration, Key, OffsetDateTime, SessionData, SessionError};
use serde::{Deserialize, Serialize, Serializer};
use time::UtcOffset;

use super::across_requests;

fn session() -> SessionData {
    SessionData::detached()
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    tags: Vec<Option<char>>,
    inner: BTreeMap<String, (i8, bool)>,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Unit,
    Tuple(u8, String),
    Struct { field: () },
}

fn item(kind: Kind) -> Item {
    Item {
        name: "naïve \"quoted\" \\ \u{0} \u{1f36a} </script>".to_owned(),
        tags: vec![Some('é'), None],
        inner: BTreeMap::from([(String::new(), (-1, true))]),
        kind,
    }
}

#[tokio::test]
async fn nested_structs_survive_to_the_next_request() {
    let kinds = [
        Kind::Unit,
        Kind::Tuple(255, "x".to_owned()),
        Kind::Struct { field: () },
    ];
    for kind in kinds {
        let (written, expected) = (item(kind.clone()), item(kind));
        across_requests(
            move |session| session.insert("item", &written),
            move |session| {
                assert_eq!(session.get::<Item>("item")?.as_ref(), Some(&expected));
                Ok(())
            },
        )
        .await;
    }
}

#[test]
fn a_typed_key_needs_no_other_type() {
    const CART: Key<Vec<u64>> = Key::new("cart");
    let (session, borrowed) = (session(), &CART);
    session
        .update(CART, |cart| cart.unwrap_or_default())
        .unwrap();
    session.insert(CART, vec![1, 2]).unwrap();
    session
        .update(CART, |cart| cart.into_iter().flatten().chain([3]).collect())
        .unwrap();
    assert_eq!(session.get(CART).unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(session.get(borrowed).unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(session.get::<Vec<u64>>("cart").unwrap().unwrap().len(), 3);
    assert!(session.contains_key(CART));
    assert_eq!(session.take(CART).unwrap(), Some(vec![1, 2, 3]));
    assert!(!session.remove(CART));
    assert_eq!(CART.name(), "cart");
    assert_eq!(format!("{CART:?}"), r#"Key("cart")"#);
}

#[test]
fn a_null_is_a_value_and_an_absent_key_is_none() {
    let session = session();
    session.insert("null", None::<u64>).unwrap();
    session.insert("unit", ()).unwrap();
    assert!(session.contains_key("null"));
    assert_eq!(session.len(), 2);
    assert_eq!(session.get::<Option<u64>>("null").unwrap(), Some(None));
    assert_eq!(session.get::<Option<u64>>("absent").unwrap(), None);
    assert_eq!(session.get::<()>("unit").unwrap(), Some(()));
    assert!(session.get::<u64>("null").is_err());
    assert_eq!(session.take::<Option<u64>>("null").unwrap(), Some(None));
    assert!(!session.contains_key("null"));
}

#[test]
fn a_value_of_another_type_is_an_error_that_tells_key_and_type_but_no_value() {
    let session = session();
    session.insert("card", "4111-1111").unwrap();
    let error = session.get::<u64>("card").unwrap_err();
    let SessionError::Deserialize { key, expected, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!((&**key, *expected), ("card", "u64"));
    assert!(error.source().is_none());
    assert!(!format!("{error:?} {error}").contains("4111"));
}

#[test]
fn take_of_another_type_is_an_error_and_keeps_the_value() {
    let session = session();
    session.insert("flash", "Saved.").unwrap();
    assert!(session.take::<u64>("flash").is_err());
    assert_eq!(session.take::<String>("flash").unwrap().unwrap(), "Saved.");
    assert_eq!(session.take::<u64>("flash").unwrap(), None);
}

#[test]
fn update_of_another_type_is_an_error_that_calls_no_closure_and_keeps_the_value() {
    let session = session();
    session.insert("name", "Ada").unwrap();
    let refused = session.update("name", |_: Option<u64>| unreachable!());
    assert!(matches!(refused, Err(SessionError::Deserialize { .. })));
    assert_eq!(session.get::<String>("name").unwrap().unwrap(), "Ada");
    session
        .update("name", |name: Option<String>| name.unwrap() + "!")
        .unwrap();
    assert_eq!(session.get::<String>("name").unwrap().unwrap(), "Ada!");
}

#[test]
fn insert_replaces_a_value_of_any_type() {
    let session = session();
    session.insert("n", "text").unwrap();
    session.insert("n", 1).unwrap();
    session.insert("n", [true]).unwrap();
    assert_eq!(session.get::<Vec<bool>>("n").unwrap(), Some(vec![true]));
    assert_eq!(session.len(), 1);
}

#[test]
fn what_does_not_serialize_is_an_error_and_leaves_the_former_value() {
    struct Broken;
    impl Serialize for Broken {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("broken"))
        }
    }
    let session = session();
    session.insert("n", 1).unwrap();
    let pairs = BTreeMap::from([((1, 2), "a")]);
    let refused = session.insert("n", pairs).unwrap_err();
    assert!(matches!(&refused, SessionError::Serialize { key, .. } if key == "n"));
    assert!(refused.source().unwrap().is::<serde_json::Error>());
    assert!(session.insert("n", Broken).is_err());
    assert!(session.insert("new", Broken).is_err());
    assert_eq!(session.get::<u64>("n").unwrap(), Some(1));
    assert_eq!(session.keys(), ["n"]);
}

#[test]
fn an_update_whose_outcome_does_not_serialize_is_an_error_and_changes_nothing() {
    #[derive(Deserialize)]
    struct Pairs(#[allow(dead_code)] Option<u8>);
    impl Serialize for Pairs {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            BTreeMap::from([([1], 2)]).serialize(serializer)
        }
    }
    let session = session();
    let refused = session.update("n", |_: Option<Pairs>| Pairs(None));
    assert!(matches!(refused, Err(SessionError::Serialize { .. })));
    assert!(session.is_empty());
}

#[test]
fn borrowed_values_can_be_stored_and_json_itself_too() {
    let session = session();
    let text = String::from("text");
    session.insert("borrowed", &text).unwrap();
    session.insert("slice", &[1, 2][..]).unwrap();
    let json = serde_json::json!({"a": [1, null, {"b": "c"}], "": {}});
    session.insert("json", &json).unwrap();
    assert_eq!(session.get::<String>("borrowed").unwrap(), Some(text));
    assert_eq!(session.get::<Vec<u8>>("slice").unwrap(), Some(vec![1, 2]));
    let read = session.get::<serde_json::Value>("json").unwrap().unwrap();
    assert_eq!(read, json);
}

#[test]
fn remove_clear_len_and_is_empty_agree() {
    let session = session();
    assert!(session.is_empty());
    for key in ["a", "b", "c"] {
        session.insert(key, key).unwrap();
    }
    assert_eq!(session.len(), 3);
    assert!(!session.is_empty());
    assert!(session.remove("b"));
    assert!(!session.remove("b"));
    assert_eq!(session.keys(), ["a", "c"]);
    session.clear();
    assert!(session.is_empty() && session.keys().is_empty());
    assert_eq!(session.get::<String>("a").unwrap(), None);
    session.clear();
    session.insert("d", 1).unwrap();
    assert_eq!(session.len(), 1);
}

#[tokio::test]
async fn an_instant_and_a_duration_are_values() {
    let at = OffsetDateTime::UNIX_EPOCH + Duration::nanoseconds(1_700_000_000_123_456_789);
    let at = at.to_offset(UtcOffset::from_hms(-11, -30, -1).unwrap());
    let lasts = Duration::minutes(-90) - Duration::NANOSECOND;
    across_requests(
        move |session| {
            session.insert("at", at)?;
            session.insert("lasts", lasts)
        },
        move |session| {
            let read = session.get::<OffsetDateTime>("at")?.unwrap();
            assert_eq!((read, read.offset()), (at, at.offset()));
            assert_eq!(session.get("lasts")?, Some(lasts));
            Ok(())
        },
    )
    .await;
}

/// The features of a dependency are switched on for the whole program.
#[test]
fn the_json_that_an_application_writes_of_an_instant_is_not_changed_by_this_crate() {
    let json = serde_json::to_string(&(OffsetDateTime::UNIX_EPOCH, Duration::HOUR)).unwrap();
    assert_eq!(json, "[[1970,1,0,0,0,0,0,0,0],[3600,0]]");
}

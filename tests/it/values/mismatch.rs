//! A value that is not what it is read as: the error tells where and how they differ, and never what stands there.

use std::collections::BTreeMap;
use std::fmt::Debug;

use axum::Router;
use axum::routing::get;
use axum_bare_session::{MemorySessionStorage, SessionData, SessionError, add_session_middleware};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use crate::support::{Browser, Log};

pub(super) const SECRET: &str = "s3cr3t";

/// What the error says of `stored`, which is read as a `T`, behind the key and the type.
pub(super) fn mismatch<T: DeserializeOwned + Debug>(stored: serde_json::Value) -> String {
    let session: SessionData = SessionData::detached();
    session.insert("key", stored).unwrap();
    let error = session.get::<T>("key").unwrap_err();
    let shown = format!("{error}");
    for text in [&shown, &format!("{error:?}")] {
        assert!(!text.contains(SECRET), "{text}");
        assert!(!text.contains("4111"), "{text}");
    }
    let (start, mismatch) = shown.split_once(": ").unwrap();
    assert!(
        start.starts_with("the session key \"key\" holds no "),
        "{start}"
    );
    mismatch.to_owned()
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct User {
    name: String,
    address: Address,
    cards: Vec<Card>,
    by_id: BTreeMap<u32, Card>,
    #[serde(default)]
    raw: Option<Box<RawValue>>,
    #[serde(default)]
    big: u128,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Address {
    zip: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Card {
    None,
    Number(u64),
    Pair(u8, u8),
    Dated { year: u16 },
}

pub(super) fn user() -> serde_json::Value {
    json!({
        "name": SECRET,
        "address": {"zip": 1},
        "cards": ["None", {"Number": 1}, {"Pair": [1, 2]}, {"Dated": {"year": 3}}],
        "by_id": {"4111": "None"},
        "raw": [SECRET],
    })
}

/// What the error says of a user where what `pointer` names is `stored`.
pub(super) fn of_user(pointer: &str, stored: serde_json::Value) -> String {
    let mut user = user();
    *user.pointer_mut(pointer).unwrap() = stored;
    mismatch::<User>(user)
}

#[test]
fn what_is_stored_is_read() {
    let session: SessionData = SessionData::detached();
    session.insert("key", user()).unwrap();
    session.get::<User>("key").unwrap().unwrap();
}

#[test]
fn a_missing_field_is_named_with_its_place() {
    let mut user = user();
    user.as_object_mut().unwrap().remove("name");
    assert_eq!(mismatch::<User>(user), "no field `name`");
    assert_eq!(
        of_user("/address", json!({})),
        "no field `zip` at `address`"
    );
    let year = of_user("/cards/3", json!({"Dated": {}}));
    assert_eq!(year, "no field `year` at `cards[3].Dated`");
}

#[test]
fn another_type_is_named_with_its_place_and_what_is_expected() {
    let zip = of_user("/address/zip", json!(SECRET));
    assert_eq!(zip, "text where u32 is expected at `address.zip`");
    let number = of_user("/cards/1/Number", json!({SECRET: SECRET}));
    assert_eq!(
        number,
        "an object where u64 is expected at `cards[1].Number`"
    );
    for (other, name) in [(json!(true), "a boolean"), (json!(0.5), "a float")] {
        let zip = of_user("/address/zip", other);
        assert_eq!(
            zip,
            format!("{name} where u32 is expected at `address.zip`")
        );
    }
    let year = of_user("/cards/3/Dated/year", json!(null));
    assert_eq!(year, "null where u16 is expected at `cards[3].Dated.year`");
    let pair = of_user("/cards/2/Pair", json!([4111, 1]));
    assert_eq!(
        pair,
        "an integer that does not fit u8 at `cards[2].Pair[0]`"
    );
    assert_eq!(mismatch::<u64>(json!(SECRET)), "text where u64 is expected");
    assert_eq!(
        mismatch::<u64>(json!(4111.5)),
        "a float where u64 is expected"
    );
    assert_eq!(
        mismatch::<String>(json!([SECRET])),
        "a list where a string is expected"
    );
    assert_eq!(
        mismatch::<bool>(json!(4111)),
        "an integer where a boolean is expected"
    );
}

#[test]
fn another_length_variant_or_field_is_named_without_what_stands_there() {
    let pair = of_user("/cards/2/Pair", json!([1]));
    assert!(pair.starts_with("another length than "), "{pair}");
    assert!(pair.ends_with("at `cards[2].Pair`"), "{pair}");
    let longer = of_user("/cards/2/Pair", json!([1, 2, 4111]));
    assert!(longer.ends_with("at `cards[2].Pair`"), "{longer}");
    let variants = "none of the variants `None`, `Number`, `Pair`, `Dated` at `cards[0]`";
    assert_eq!(of_user("/cards/0", json!(SECRET)), variants);
    assert_eq!(of_user("/cards/0", json!({SECRET: 1})), variants);
    let field = of_user("/address", json!({"zip": 1, SECRET: 2}));
    assert_eq!(field, "a field that is none of `zip` at `address`");
}

#[test]
fn the_keys_of_maps_are_not_told() {
    let card = of_user("/by_id", json!({"4111": {"Number": "x"}}));
    assert_eq!(card, "text where u64 is expected at `by_id[..].Number`");
    let id = of_user("/by_id", json!({SECRET: "None"}));
    assert_eq!(id, "text where u32 is expected at `by_id`");
}

#[test]
fn what_a_type_says_by_itself_is_not_told() {
    #[derive(Debug)]
    struct Strict;
    impl<'de> Deserialize<'de> for Strict {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let text = String::deserialize(from)?;
            Err(serde::de::Error::custom(format_args!("not {text}")))
        }
    }
    let refused = mismatch::<BTreeMap<String, Strict>>(json!({"a": SECRET}));
    assert_eq!(refused, "something that its type refuses at `[..]`");
    assert!(mismatch::<uuid::Uuid>(json!(SECRET)).starts_with("something"));
}

#[test]
fn a_number_beyond_64_bits_hides_no_other_mismatch() {
    let session: SessionData = SessionData::detached();
    #[derive(Serialize)]
    struct Stored {
        big: u128,
        name: u8,
    }
    let (big, name) = (u128::MAX, 1);
    session.insert("key", Stored { big, name }).unwrap();
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Read {
        big: u128,
        name: String,
    }
    let error = session.get::<Read>("key").unwrap_err().to_string();
    assert!(
        error.ends_with("an integer where a string is expected at `name`"),
        "{error}"
    );
}

#[test]
fn a_fraction_is_no_wide_number() {
    let refused = mismatch::<u128>(json!(1.5));
    assert_eq!(refused, "a float where u128 is expected");
}

#[tokio::test]
async fn the_log_names_key_type_place_and_kind_and_no_value() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Cart {
        items: Vec<String>,
        coupon: String,
    }
    let write = async |session: SessionData| session.insert("cart", json!({"items": [SECRET]}));
    let read = async |session: SessionData| session.get::<Cart>("cart").map(drop);
    let count = async |session: SessionData| {
        session.modify("cart", |cart: &mut BTreeMap<String, u8>| {
            cart.clear();
        })
    };
    let routes = Router::new()
        .route("/write", get(write))
        .route("/read", get(read))
        .route("/count", get(count));
    let mut browser = Browser::new(add_session_middleware(routes, MemorySessionStorage::new()));
    browser.get("/write").await;
    for (path, place) in [
        ("/read", "Cart: no field `coupon`"),
        ("/count", "a list where u8 is expected at `[..]`"),
    ] {
        let log = Log::new();
        assert_eq!(browser.get(path).await.status, 500);
        let text = log.text();
        assert!(
            text.contains("the session key \\\"cart\\\"")
                || text.contains("the session key \"cart\""),
            "{text}"
        );
        assert!(text.contains(place), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn a_key_can_be_started_afresh_and_an_error_of_its_type_is_told_from_others() {
    let session: SessionData = SessionData::detached();
    session.insert("cart", 1).unwrap();
    let cart = match session.get::<Vec<String>>("cart") {
        Err(SessionError::Deserialize { key, .. }) => {
            session.remove(key);
            None
        }
        other => other.unwrap(),
    };
    assert_eq!(cart, None);
    session
        .modify("cart", |cart: &mut Vec<String>| {
            cart.push("apple".to_owned())
        })
        .unwrap();
}

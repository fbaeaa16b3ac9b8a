//! What differs, where values are read of forms that few have.

use std::collections::BTreeMap;

use axum_bare_session::SessionData;
use serde::Deserialize;
use serde_json::json;

use super::mismatch::{SECRET, User, mismatch, of_user, user};

/// A stored value has no name twice, but two names may be one field's.
#[test]
fn a_field_that_is_there_twice_is_told() {
    #[derive(Debug, Deserialize)]
    struct Account {
        #[expect(dead_code, reason = "only the error counts")]
        #[serde(alias = "label")]
        name: String,
    }
    let twice = json!({"name": SECRET, "label": SECRET});
    assert_eq!(mismatch::<Account>(twice), "the field `name` twice");
}

#[test]
fn a_variant_without_a_value_has_none() {
    let number = of_user("/cards/0", json!({"None": 4111}));
    assert_eq!(
        number,
        "an integer where unit is expected at `cards[0].None`"
    );
}

/// Written out it is the same variant, and what differs comes after it.
#[test]
fn a_variant_without_a_value_may_be_written_with_null() {
    let mut user = user();
    user["cards"][0] = json!({"None": null});
    user["cards"][1] = json!({"Number": null});
    let number = mismatch::<User>(user);
    assert_eq!(number, "null where u64 is expected at `cards[1].Number`");
}

#[test]
fn what_may_be_null_is_passed_over() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the error counts")]
    struct Account {
        a: Option<u32>,
        b: u32,
    }
    let of = |a| mismatch::<Account>(json!({"a": a, "b": SECRET}));
    assert_eq!(of(json!(null)), "text where u32 is expected at `b`");
    assert_eq!(of(json!(7)), "text where u32 is expected at `b`");
}

#[test]
fn an_integer_of_128_bits_is_one_of_any_size_and_no_text() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the error counts")]
    struct Account {
        a: i128,
        b: u32,
    }
    let of = |a| mismatch::<Account>(json!({"a": a, "b": SECRET}));
    for integer in [json!(-7), json!(u64::MAX), json!(i64::MIN)] {
        assert_eq!(of(integer), "text where u32 is expected at `b`");
    }
    let session: SessionData = SessionData::detached();
    session
        .insert("key", BTreeMap::from([("a", i128::MAX), ("b", -1)]))
        .unwrap();
    let error = session.get::<Account>("key").unwrap_err().to_string();
    assert!(
        error.ends_with("an integer that does not fit u32 at `b`"),
        "{error}"
    );
    assert_eq!(of(json!(0.5)), "a float where i128 is expected at `a`");
}

#[test]
fn an_object_that_names_two_variants_is_none() {
    let two = of_user("/cards/1", json!({"Number": 1, "Pair": [1, 2]}));
    assert_eq!(two, "an object where enum Card is expected at `cards[1]`");
    let none = of_user("/cards/1", json!({}));
    assert_eq!(none, two);
}

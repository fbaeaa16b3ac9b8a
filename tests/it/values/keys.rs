use axum_bare_session::SessionData;

use super::across_requests;

const KEYS: [&str; 16] = [
    "",
    " ",
    "a",
    "A",
    "a b",
    "a.b",
    "a\0",
    "\"",
    "\\",
    "\n",
    "ключ",
    "e\u{301}",
    "é",
    "\u{1f36a}",
    "$serde_json::private::RawValue",
    "$serde_json::private::Number",
];

#[tokio::test]
async fn a_key_is_any_text_compared_byte_by_byte() {
    across_requests(
        |session| {
            let mut pairs = KEYS.iter().enumerate();
            pairs.try_for_each(|(at, key)| session.insert(key, at))
        },
        |session| {
            for (at, key) in KEYS.iter().enumerate() {
                assert_eq!(session.get::<usize>(key)?, Some(at), "{key:?}");
                assert!(session.contains_key(key));
            }
            assert_eq!(session.len(), KEYS.len());
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn keys_come_sorted_whatever_the_order_of_insertion() {
    across_requests(
        |session| {
            let mut keys = KEYS.iter().rev();
            keys.try_for_each(|key| session.insert(key, 1))?;
            session.insert("a", 2)
        },
        |session| {
            let mut sorted = KEYS.to_vec();
            sorted.sort_unstable();
            assert_eq!(session.keys(), sorted);
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn a_key_of_many_kilobytes_is_a_key() {
    let key = "k".repeat(60_000);
    let again = key.clone();
    across_requests(
        move |session| session.insert(&key, 1),
        move |session| {
            assert_eq!(session.get::<u64>(&again)?, Some(1));
            assert_eq!(session.get::<u64>(&again[1..])?, None);
            Ok(())
        },
    )
    .await;
}

#[test]
fn a_key_may_be_owned_or_borrowed_in_any_way() {
    let session: SessionData = SessionData::detached();
    let owned = String::from("key");
    session.insert(owned.clone(), 1).unwrap();
    session.insert(&owned, 2).unwrap();
    session.insert(owned.as_str(), 4).unwrap();
    assert_eq!(session.get::<u64>(&owned).unwrap(), Some(4));
    assert_eq!(session.get::<u64>(owned.clone()).unwrap(), Some(4));
    assert_eq!(session.get::<u64>(&&*owned).unwrap(), Some(4));
    session
        .update(&owned, |n: Option<u64>| n.unwrap() + 1)
        .unwrap();
    assert!(session.contains_key(&owned) && session.contains_key("key"));
    assert_eq!(session.take::<u64>(&owned).unwrap(), Some(5));
    assert!(!session.remove(owned));
}

#[test]
fn a_key_that_is_a_part_of_another_is_another() {
    let session: SessionData = SessionData::detached();
    session.insert("ab", 1).unwrap();
    session.insert("a", "b1").unwrap();
    session.insert("", "ab1").unwrap();
    assert_eq!(session.get::<u64>("ab").unwrap(), Some(1));
    assert_eq!(session.get::<String>("a").unwrap().unwrap(), "b1");
    assert!(session.remove("a"));
    assert_eq!(session.keys(), ["", "ab"]);
}

#[test]
fn many_keys_are_each_found() {
    let session: SessionData = SessionData::detached();
    for n in (0..1_000).rev() {
        session.insert(format!("k{n}"), n).unwrap();
    }
    assert_eq!(session.len(), 1_000);
    for n in 0..1_000 {
        assert_eq!(session.get::<u64>(format!("k{n}")).unwrap(), Some(n));
    }
    for n in (0..1_000).step_by(2) {
        assert!(session.remove(format!("k{n}")));
    }
    assert_eq!(session.len(), 500);
    assert!(session.contains_key("k999") && !session.contains_key("k998"));
}

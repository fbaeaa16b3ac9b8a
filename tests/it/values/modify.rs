use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use axum_bare_session::{Key, SessionData, SessionError};

const CART: Key<Vec<String>> = Key::new("cart");

fn session() -> SessionData {
    SessionData::detached()
}

#[test]
fn modify_of_a_key_that_is_not_there_begins_with_the_default() {
    let session = session();
    session.modify("n", |n: &mut u64| *n += 1).unwrap();
    assert_eq!(session.get("n").unwrap(), Some(1));
    session
        .modify(CART, |cart| assert!(cart.is_empty()))
        .unwrap();
    assert_eq!(session.get(CART).unwrap(), Some(vec![]));
}

#[test]
fn modify_changes_the_value_in_place_and_returns_what_the_closure_returns() {
    let session = session();
    session.insert(CART, vec!["apple".to_owned()]).unwrap();
    let first = session.modify(CART, |cart| cart.pop()).unwrap();
    assert_eq!(first.as_deref(), Some("apple"));
    assert_eq!(session.modify(CART, |cart| cart.pop()).unwrap(), None);
    assert!(session.contains_key(CART));
}

#[test]
fn a_modify_closure_may_use_up_what_was_moved_into_it() {
    fn add(session: &SessionData, item: String) -> Result<(), SessionError> {
        session.modify(CART, move |cart| cart.push(item))
    }
    let session = session();
    add(&session, "apple".to_owned()).unwrap();
    add(&session, "pear".to_owned()).unwrap();
    assert_eq!(session.get(CART).unwrap().unwrap(), ["apple", "pear"]);
}

#[test]
fn modify_of_another_type_is_an_error_that_calls_no_closure_and_keeps_the_value() {
    let session = session();
    session.insert("name", "Ada").unwrap();
    let refused = session.modify("name", |_: &mut u64| unreachable!());
    assert!(matches!(refused, Err(SessionError::Deserialize { .. })));
    assert_eq!(session.get::<String>("name").unwrap().unwrap(), "Ada");
    let name = |name: &mut String| name.push('!');
    session.modify("name", name).unwrap();
    assert_eq!(session.get::<String>("name").unwrap().unwrap(), "Ada!");
}

#[test]
fn a_modify_closure_during_which_a_clone_wrote_the_key_is_made_again_over_that() {
    let session = session();
    let (clone, wrote) = (session.clone(), Arc::new(AtomicBool::new(false)));
    let modify = move |n: &mut u64| {
        if !wrote.swap(true, Relaxed) {
            clone.insert("n", 10).unwrap();
        }
        *n += 1;
        *n
    };
    assert_eq!(session.modify("n", modify).unwrap(), 11);
    assert_eq!(session.get("n").unwrap(), Some(11));
}

#[tokio::test]
async fn an_update_that_leaves_a_sorted_map_as_it_is_writes_nothing() {
    use std::collections::BTreeMap;

    let setup = crate::support::Setup::new();
    let mut browser = setup.visitor().await;
    let map: BTreeMap<String, u64> = (0..50).map(|n| (format!("key {n}"), n)).collect();
    browser.visit(|session| session.insert("map", &map)).await;
    setup.storage.take_calls();
    let unchanged = |map: Option<BTreeMap<String, u64>>| map.unwrap();
    browser
        .visit(|session| session.update("map", unchanged))
        .await;
    assert_eq!(setup.storage.take_calls().save, 0);
}

use std::sync::{Arc, Mutex};

use crate::support::{Backend, on_each_storage};

type Cart = Vec<String>;

async fn a_modify_closure_is_made_again_with_what_was_moved_into_it<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let (other, visit) = (browser.begin().await, browser.begin().await);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, item) = (Arc::clone(&seen), "pear".to_owned());
    let add = move |cart: &mut Cart| {
        log.lock().unwrap().push(cart.clone());
        cart.push(item);
        cart.len()
    };
    assert_eq!(visit.session.modify("cart", add).unwrap(), 1);
    let add = |cart: &mut Cart| cart.push("apple".to_owned());
    other.session.modify("cart", add).unwrap();
    assert_eq!(other.finish().await.status, 200);
    assert_eq!(visit.finish().await.status, 200);
    assert_eq!(*seen.lock().unwrap(), [vec![], vec!["apple".to_owned()]]);
    assert_eq!(
        browser.read::<Cart>("cart").await.unwrap(),
        ["apple", "pear"]
    );
}

async fn a_modify_closure_is_called_once_where_nobody_else_writes<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.visitor().await;
    let calls = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&calls);
    let modify = move |x: &mut u64| {
        *counter.lock().unwrap() += 1;
        *x += 1;
    };
    browser.visit(|session| session.modify("x", modify)).await;
    assert_eq!(*calls.lock().unwrap(), 1);
    assert_eq!(browser.read("x").await, Some(2));
}

async fn a_modify_begins_anew_where_another_request_removed_the_key<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let (other, visit) = (browser.begin().await, browser.begin().await);
    visit.session.modify("x", |x: &mut u64| *x += 5).unwrap();
    assert_eq!(visit.session.get("x").unwrap(), Some(6));
    assert!(other.session.remove("x"));
    other.finish().await;
    visit.finish().await;
    assert_eq!(browser.read("x").await, Some(5));
}

async fn a_modify_over_another_requests_type_is_an_error_and_changes_nothing<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let (other, visit) = (browser.begin().await, browser.begin().await);
    other.session.insert("x", "a text").unwrap();
    visit.session.insert("y", 1).unwrap();
    visit.session.modify("x", |x: &mut u64| *x += 1).unwrap();
    other.finish().await;
    let reply = visit.finish().await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (500, ""));
    assert_eq!(browser.read::<String>("x").await.unwrap(), "a text");
    assert_eq!(browser.keys().await, ["x"]);
}

async fn what_is_returned_is_the_first_calls_and_after_a_save_the_stored_value_is_read<
    B: Backend,
>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let (other, visit) = (browser.begin().await, browser.begin().await);
    let modify = |x: &mut u64| {
        *x += 1;
        *x
    };
    assert_eq!(visit.session.modify("x", modify).unwrap(), 2);
    let update = |y: Option<u64>| y.unwrap_or(0) + 1;
    assert_eq!(visit.session.update("y", update).unwrap(), 1);
    other.session.insert("x", 10).unwrap();
    other.session.insert("y", 20).unwrap();
    other.finish().await;
    visit.session.save().await.unwrap();
    assert_eq!(visit.session.get("x").unwrap(), Some(11));
    assert_eq!(visit.session.get("y").unwrap(), Some(21));
    visit.finish().await;
    assert_eq!(browser.read("x").await, Some(11));
}

on_each_storage! {
    a_modify_closure_is_made_again_with_what_was_moved_into_it
    a_modify_closure_is_called_once_where_nobody_else_writes
    a_modify_begins_anew_where_another_request_removed_the_key
    a_modify_over_another_requests_type_is_an_error_and_changes_nothing
    what_is_returned_is_the_first_calls_and_after_a_save_the_stored_value_is_read
}

//! What the front page claims holds for the very handlers that it shows.

use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use axum_bare_session::{Key, SessionData, SessionError};

use super::clients::{CLIENTS, all_at_once, serving_slowly};
use crate::support::{Backend, Setup, on_each_storage};

const CART: Key<Vec<String>> = Key::new("cart");

// These two are the README's to the letter, which a test compares.

async fn visits(session: SessionData) -> Result<String, SessionError> {
    let visits = session.update("visits", |visits: Option<u64>| visits.unwrap_or(0) + 1)?;
    Ok(format!("visit {visits}"))
}

async fn add(session: SessionData, Json(item): Json<String>) -> Result<(), SessionError> {
    session.modify(CART, move |cart| cart.push(item)) // made again if another request got in first
}

/// The source of a handler of this file, from its first line to its last brace.
fn source(handler: &str) -> &'static str {
    let file = include_str!("front_page.rs");
    let start = file.find(&format!("\nasync fn {handler}(")).unwrap();
    let length = file[start..].find("\n}\n").unwrap();
    &file[start..start + length + "\n}\n".len()]
}

#[test]
fn the_readme_the_first_page_and_the_examples_have_the_handlers_that_are_tested_here() {
    let readme = include_str!("../../../README.md");
    let first_page = include_str!("../../../src/lib.rs").replace("//! ", "");
    let pages = [
        readme,
        &first_page,
        include_str!("../../../examples/counter.rs"),
        include_str!("../../../examples/custom_storage.rs"),
        include_str!("../../../examples/postgres.rs"),
        include_str!("../../../examples/redis.rs"),
        include_str!("../../../examples/sqlite.rs"),
    ];
    for page in pages {
        assert!(page.contains(source("visits")), "{page}");
    }
    assert!(readme.contains(source("add")));
    // What is compared is the whole handler and nothing else.
    assert!(source("visits").ends_with("Ok(format!(\"visit {visits}\"))\n}\n"));
    assert_eq!(source("visits").lines().count(), 5);
    assert_eq!(source("add").lines().count(), 4);
}

async fn setup<B: Backend>() -> Setup<B::Storage> {
    // The tests' browser sends no bodies.
    let add = async |session: SessionData, Path(item): Path<String>| add(session, Json(item)).await;
    let routes = Router::new()
        .route("/visits", get(visits))
        .route("/add/{item}", get(add));
    serving_slowly::<B>(routes).await
}

async fn assert_all_count<B: Backend>() {
    let setup = setup::<B>().await;
    let mut browser = setup.browser();
    assert_eq!(browser.get("/visits").await.body, "visit 1");
    setup.storage.take_calls();
    all_at_once(&browser, |_| "/visits".to_owned()).await;
    let saves = setup.storage.take_calls().save;
    assert!(saves > CLIENTS, "no request met another: {saves} saves");
    assert_eq!(browser.read("visits").await, Some(CLIENTS + 1));
    let next = browser.get("/visits").await;
    assert_eq!(next.body, format!("visit {}", CLIENTS + 2));
}

async fn the_readmes_counter_counts_a_first_visit_and_a_hundred_at_once<B: Backend>() {
    assert_all_count::<B>().await;
}

async fn the_readmes_counter_counts_them_also_on_four_threads<B: Backend>() {
    assert_all_count::<B>().await;
}

async fn the_readmes_cart_has_a_hundred_items_that_were_added_at_once<B: Backend>() {
    let setup = setup::<B>().await;
    let browser = setup.visitor().await;
    all_at_once(&browser, |client| format!("/add/item{client}")).await;
    let saves = setup.storage.take_calls().save;
    assert!(saves > CLIENTS, "no request met another: {saves} saves");
    let mut cart = browser.read::<Vec<String>>("cart").await.unwrap();
    let mut items: Vec<_> = (0..CLIENTS).map(|client| format!("item{client}")).collect();
    cart.sort();
    items.sort();
    assert_eq!(cart, items);
}

on_each_storage! {
    the_readmes_counter_counts_a_first_visit_and_a_hundred_at_once
    the_readmes_cart_has_a_hundred_items_that_were_added_at_once
    ; on four threads:
    the_readmes_counter_counts_them_also_on_four_threads
}

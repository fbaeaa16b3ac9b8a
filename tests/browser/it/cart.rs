use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use axum_bare_session::{
    Key, MemorySessionStorage, SessionData, SessionError, add_session_middleware,
};
use serde_json::json;
use tokio::sync::Barrier;

use browser_tests::{App, Browser};

const CART: Key<BTreeSet<String>> = Key::new("cart");

fn put(session: &SessionData, item: String) -> Result<(), SessionError> {
    session.modify(CART, move |cart| {
        cart.insert(item);
    })
}

async fn begin(session: SessionData) -> Result<(), SessionError> {
    put(&session, "bag".to_owned())
}

/// Puts the item in when two requests have loaded the session: neither has then seen the other's.
async fn add(
    State(both_loaded): State<Arc<Barrier>>,
    session: SessionData,
    Path(item): Path<String>,
) -> Result<(), SessionError> {
    both_loaded.wait().await;
    put(&session, item)
}

async fn cart(session: SessionData) -> Result<Json<BTreeSet<String>>, SessionError> {
    Ok(Json(session.get(CART)?.unwrap_or_default()))
}

#[tokio::test]
async fn two_tabs_that_add_to_one_cart_at_the_same_moment_keep_both_items() {
    let router = Router::new()
        .route("/", get(begin))
        .route("/cart", get(cart))
        .route("/cart/{item}", post(add))
        .with_state(Arc::new(Barrier::new(2)));
    let app = App::serve(add_session_middleware(router, MemorySessionStorage::new())).await;
    let browser = Browser::start().await;
    browser.goto(&app.url("/")).await;

    // This request waits in the server for the other tab's.
    let post =
        |item| format!("fetch('/cart/{item}', {{ method: 'POST' }}).then(reply => reply.status)");
    browser
        .run(&format!("window.adding = {}", post("apple")))
        .await;
    let first_tab = browser.open_tab().await;
    browser.goto(&app.url("/cart")).await;
    let second = browser.run(&format!("return {}", post("pear"))).await;
    browser.switch_to(first_tab).await;
    let first = browser.run("return window.adding").await;
    assert_eq!((first, second), (json!(200), json!(200)));

    browser.goto(&app.url("/cart")).await;
    assert_eq!(browser.text().await, r#"["apple","bag","pear"]"#);
}

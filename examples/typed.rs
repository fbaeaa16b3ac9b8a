//! Keeps a cart under a typed key: `cargo run --example typed`.

use std::collections::BTreeMap;
use std::fmt::Write;

use axum::extract::Path;
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use axum::{Json, Router};
use axum_bare_session::{
    Key, MemorySessionStorage, SessionData, SessionError, add_session_middleware,
};
use serde::{Deserialize, Serialize};
use tower_http::csrf::CsrfLayer;

/// The one place that says what stands under this key: `session.get(CART)` needs no type.
const CART: Key<Cart> = Key::new("cart");

#[derive(Default, Deserialize, Serialize)]
struct Cart {
    items: BTreeMap<Fruit, u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Fruit {
    Apple,
    Pear,
    Plum,
}

/// `POST /cart/apple`; another item than a fruit is a 400.
async fn add(session: SessionData, Path(item): Path<Fruit>) -> Result<Redirect, SessionError> {
    // Called again if another request changed the cart first, so that no item is lost.
    session.modify(CART, move |cart| *cart.items.entry(item).or_default() += 1)?;
    Ok(Redirect::to("/"))
}

async fn empty(session: SessionData) -> Redirect {
    session.remove(CART);
    Redirect::to("/")
}

/// `GET /cart`: the cart as JSON.
async fn cart(session: SessionData) -> Result<Json<Cart>, SessionError> {
    Ok(Json(session.get(CART)?.unwrap_or_default()))
}

async fn page(session: SessionData) -> Result<Html<String>, SessionError> {
    let mut html = "<!doctype html><title>Sessions: a cart</title><h1>Your cart</h1>".to_owned();
    for (item, count) in session.get(CART)?.unwrap_or_default().items {
        // Writing to a `String` cannot fail.
        let _ = write!(html, "<p>{count} × {item:?}");
    }
    html += r#"<form method="post">
        <button formaction="/cart/apple">Add an apple</button>
        <button formaction="/cart/pear">Add a pear</button>
        <button formaction="/cart/plum">Add a plum</button>
        <button formaction="/empty">Empty the cart</button>
        </form>"#;
    Ok(Html(html))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let app = Router::new()
        .route("/", get(page))
        .route("/cart", get(cart))
        .route("/cart/{item}", post(add))
        .route("/empty", post(empty));
    // A form of another site comes without the visitor's cookie. Its answer would replace it: their cart would be gone.
    let app = add_session_middleware(app, MemorySessionStorage::new()).layer(CsrfLayer::new());

    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("http://localhost:{}", listener.local_addr()?.port());
    axum::serve(listener, app).await
}

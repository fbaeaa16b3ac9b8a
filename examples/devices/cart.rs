use std::collections::BTreeMap;

use axum::Form;
use axum::response::{Redirect, Response, Result};
use axum_bare_session::{Key, SessionData, SessionError};
use serde::{Deserialize, Serialize};

use super::page::{Frame, flash};

/// It begins before the log-in, and outlives the log-out.
pub(crate) const CART: Key<BTreeMap<Fruit, u32>> = Key::new("cart");

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fruit {
    Apple,
    Pear,
    Plum,
    Quince,
}

const SHELF: [(Fruit, &str, &str); 4] = [
    (Fruit::Apple, "apple", "Apple"),
    (Fruit::Pear, "pear", "Pear"),
    (Fruit::Plum, "plum", "Plum"),
    (Fruit::Quince, "quince", "Quince"),
];

/// Another fruit is refused, with a 422.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    fruit: Fruit,
}

pub(crate) async fn show(frame: Frame, session: SessionData) -> Result<Response, SessionError> {
    let cart = session.get(CART)?.unwrap_or_default();
    let goods = SHELF.map(|(fruit, value, name)| {
        let count = cart.get(&fruit).copied().unwrap_or(0);
        format!(
            include_str!("html/fruit.html"),
            value = value,
            name = name,
            count = count
        )
    });
    let total: u64 = cart.values().copied().map(u64::from).sum();
    let main = format!(
        include_str!("html/shop.html"),
        goods = goods.concat(),
        total = total,
        pieces = if total == 1 { "piece" } else { "pieces" },
    );
    frame.page("Shop", &main)
}

pub(crate) async fn add(
    session: SessionData,
    Form(Wanted { fruit }): Form<Wanted>,
) -> Result<Redirect, SessionError> {
    // Called again if another tab got in first, so that neither's fruit is lost.
    session.modify(CART, move |cart| {
        let count = cart.entry(fruit).or_default();
        *count = count.saturating_add(1);
    })?;
    Ok(Redirect::to("/"))
}

pub(crate) async fn empty(session: SessionData) -> Result<Redirect, SessionError> {
    if session.remove(CART) {
        flash(&session, "The cart is empty.")?;
    }
    Ok(Redirect::to("/"))
}

//! The cookie: how it is read from bytes, and how it is written.

mod duplicates;
mod former;
mod malformed;
mod neighbours;
mod not_kept;
mod written;

use axum_bare_session::{DefaultScope, Sessions, add_session_middleware};

use crate::support::{Browser, Reply, Spy, visitor_routes};

const NAME: &str = "__Host-Http-id";

/// A browser before the visitor's routes, and the storage behind them.
fn house() -> (Browser, Spy) {
    let storage = Spy::new();
    let sessions = Sessions::from(storage.clone());
    let app = add_session_middleware(visitor_routes::<DefaultScope>(), sessions);
    (Browser::new(app), storage)
}

/// The cookie's value of a new session, which has counted to `count`.
async fn live(browser: &Browser, count: usize) -> String {
    let mut browser = browser.clone();
    browser.cookies.clear();
    for _ in 0..count {
        browser.get("/count").await;
    }
    browser.cookies[NAME].clone()
}

/// What `/read` says to exactly these `Cookie` lines.
async fn read(browser: &Browser, lines: &[impl AsRef<[u8]>]) -> Reply {
    let lines: Vec<&[u8]> = lines.iter().map(AsRef::as_ref).collect();
    browser.get_with_cookies("/read", &lines).await
}

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum_bare_session::{Duration, MemorySessionStorage, OffsetDateTime, Sessions};
use browser_tests::{App, Browser};

use super::sign_up;
use crate::devices_example;

/// Serves the example with an idle limit of an hour, and a clock that is ahead by as many seconds as the number says.
async fn with_a_clock() -> (App, Arc<AtomicI64>) {
    let ahead = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&ahead);
    let now = move || OffsetDateTime::now_utc() + Duration::seconds(clock.load(Ordering::SeqCst));
    let sessions = Sessions::builder(MemorySessionStorage::new())
        .idle_timeout(Duration::HOUR)
        .clock(now);
    let app = devices_example::app(sessions.build().unwrap());
    (App::serve(app).await, ahead)
}

/// The visitor comes back to the page, without a click.
async fn look(browser: &Browser) {
    browser
        .run("window.dispatchEvent(new Event('focus'))")
        .await;
}

#[tokio::test]
async fn a_page_counts_down_without_prolonging_and_stays_or_leaves() {
    let (app, ahead) = with_a_clock().await;
    let browser = Browser::start().await;
    sign_up(&browser, &app, "Ada").await;
    browser.wait_for("//p[@id='left' and @hidden]").await;

    // To look every ten minutes keeps nobody logged in.
    for minutes in [10, 20, 30, 40, 50, 58] {
        ahead.store(minutes * 60 + 30, Ordering::SeqCst);
        look(&browser).await;
    }
    browser
        .wait_for("//p[@id='left' and not(@hidden)][contains(., '1:')]")
        .await;

    browser.click("#left button").await;
    browser.wait_for("//p[@id='left' and @hidden]").await;
    ahead.store(100 * 60, Ordering::SeqCst);
    look(&browser).await;
    assert_eq!(browser.run("return location.pathname").await, "/devices");
    let left = "return fetch('/left').then(reply => reply.text())";
    let left: i64 = browser.run(left).await.as_str().unwrap().parse().unwrap();
    // 58.5 minutes and 60 from there on, less what the browser took.
    assert!((900..=1_110).contains(&left), "{left}");

    ahead.store(119 * 60, Ordering::SeqCst);
    look(&browser).await;
    browser.wait_for("//button[.='Log in']").await;
    assert_eq!(browser.run("return location.pathname").await, "/login");
}

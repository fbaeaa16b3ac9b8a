use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{Duration, SessionData};

use crate::support::{Backend, Browser, Setup, on_each_storage};

/// A browser of `user:1` with the keys `address`, `cart` and `x`, and a label.
async fn shopper<S: SessionStorage + Clone>(setup: &Setup<S>) -> Browser {
    let mut browser = setup.user("user:1").await;
    let shop = |session: &SessionData| {
        session.insert("address", "1 Main Street")?;
        session.insert("cart", ["apple"])?;
        session.set_label("phone")
    };
    browser.visit(shop).await;
    setup.storage.take_calls();
    browser
}

fn log_out_keeping_cart(session: &SessionData) -> Result<(), axum_bare_session::SessionError> {
    session.log_out_keeping(["cart"])
}

async fn a_log_out_ends_the_session_and_removes_its_cookie<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = shopper(&setup).await;
    let old = browser.clone();
    browser
        .visit(|session| {
            session.log_out();
            Ok(())
        })
        .await;
    assert!(browser.cookies.is_empty());
    assert!(!old.is_known().await);
    assert_eq!(setup.storage.stored().await, 0);
}

async fn a_cart_outlives_the_log_out_and_nothing_else_does<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = shopper(&setup).await;
    let old = browser.clone();
    let reply = browser.visit(log_out_keeping_cart).await;
    assert!(reply.new_cookie().is_some());
    let calls = setup.storage.take_calls();
    assert_eq!((calls.load, calls.save, calls.total()), (1, 1, 2));

    assert!(!old.is_known().await, "the old secret is dead");
    assert_eq!(browser.keys().await, ["cart"]);
    let visit = browser.begin().await;
    assert_eq!(visit.session.owner(), None);
    assert_eq!(visit.session.authenticated_at(), None);
    assert_eq!(visit.session.label(), None);
    visit.finish().await;
    assert!(setup.sessions.list("user:1").await.unwrap().is_empty());
    assert_eq!(setup.storage.stored().await, 1);
}

async fn what_is_kept_begins_anew<B: Backend>() {
    let setup = B::configured(|builder| {
        builder
            .idle_timeout(Duration::days(20))
            .absolute_timeout(Duration::days(30))
    })
    .await;
    let mut browser = shopper(&setup).await;
    browser.visit(|s| s.remember(Duration::days(1))).await;
    setup.clock.advance(Duration::hours(23));
    for _ in 0..25 {
        browser
            .visit(|s| s.update("n", |n| n.unwrap_or(0) + 1))
            .await;
        setup.clock.advance(Duration::hours(23));
    }
    browser.visit(log_out_keeping_cart).await;
    setup.clock.advance(Duration::days(20) - Duration::SECOND);
    assert!(browser.is_known().await);
    setup.clock.advance(Duration::days(10) + Duration::SECOND);
    assert!(!browser.is_known().await);
}

async fn a_parallel_request_that_saved_first_keeps_what_it_put_into_the_cart<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = shopper(&setup).await;
    let (log_out, writer) = (browser.begin().await, browser.begin().await);
    log_out.session.log_out_keeping(["cart"]).unwrap();
    writer.session.insert("cart", ["apple", "pear"]).unwrap();
    writer.session.insert("address", "2 Main Street").unwrap();
    writer.finish().await;
    browser.keep(&log_out.finish().await);
    let cart: Vec<String> = browser.read("cart").await.unwrap();
    assert_eq!(cart, ["apple", "pear"]);
    assert_eq!(browser.keys().await, ["cart"]);
}

async fn a_parallel_request_that_saves_later_changes_nothing<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = shopper(&setup).await;
    let (log_out, writer) = (browser.begin().await, browser.begin().await);
    log_out.session.log_out_keeping(["cart"]).unwrap();
    writer.session.insert("address", "2 Main Street").unwrap();
    browser.keep(&log_out.finish().await);
    assert_eq!(writer.finish().await.set_cookies(), [""; 0]);
    assert_eq!(browser.keys().await, ["cart"]);
}

async fn who_knew_the_secret_before_a_log_in_gets_nothing_by_a_log_out<B: Backend>() {
    let setup = B::setup().await;
    let mut victim = setup.visitor().await;
    let attacker = victim.clone();
    let late = attacker.begin().await;
    late.session.log_out_keeping(["cart"]).unwrap();
    victim.visit(|s| s.log_in("user:1")).await;
    victim.visit(|s| s.insert("cart", ["apple"])).await;
    let reply = late.finish().await;
    assert_eq!(reply.new_cookie(), None);
    assert!(!victim.is_known().await, "a log-out ends the session");
    assert_eq!(setup.storage.stored().await, 0);
}

async fn a_change_of_accounts_that_comes_after_a_renewal_is_no_success<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = shopper(&setup).await;
    let late = browser.begin().await;
    late.session.log_out_keeping(["cart"]).unwrap();
    late.session.log_in("user:2").unwrap();
    browser.visit(SessionData::renew).await;
    let reply = late.finish().await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert!(setup.sessions.list("user:2").await.unwrap().is_empty());
    assert!(browser.is_known().await);
}

async fn a_message_after_the_log_out_goes_with_what_is_kept<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = shopper(&setup).await;
    let log_out = |session: &SessionData| {
        session.log_out_keeping(["cart"])?;
        assert_eq!(session.owner(), None);
        assert_eq!(session.keys(), ["cart"]);
        session.insert("flash", "You are logged out.")
    };
    browser.visit(log_out).await;
    assert_eq!(browser.keys().await, ["cart", "flash"]);
}

on_each_storage! {
    a_log_out_ends_the_session_and_removes_its_cookie
    a_cart_outlives_the_log_out_and_nothing_else_does
    what_is_kept_begins_anew
    a_parallel_request_that_saved_first_keeps_what_it_put_into_the_cart
    a_parallel_request_that_saves_later_changes_nothing
    who_knew_the_secret_before_a_log_in_gets_nothing_by_a_log_out
    a_change_of_accounts_that_comes_after_a_renewal_is_no_success
    a_message_after_the_log_out_goes_with_what_is_kept
}

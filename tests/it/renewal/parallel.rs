use axum_bare_session::Duration;
use tokio::task::yield_now;

use crate::support::{Backend, Browser, Call, Fault, Setup, Work, on_each_storage};

/// A setup whose cookies every save and touch sends again.
async fn persistent<B: Backend>() -> Setup<B::Storage> {
    B::configured(|builder| builder.max_age(Duration::days(5))).await
}

async fn a_log_in_loses_nothing_that_a_parallel_request_saved_before_it<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.visitor().await;
    let (log_in, writer) = (browser.begin().await, browser.begin().await);
    log_in.session.log_in("user:42").unwrap();
    writer.session.insert("cart", ["apple"]).unwrap();
    writer.finish().await;
    browser.keep(&log_in.finish().await);
    assert_eq!(browser.keys().await, ["cart", "x"]);
    assert_eq!(setup.sessions.list("user:42").await.unwrap().len(), 1);
}

async fn a_log_in_loses_nothing_that_a_parallel_request_saves_after_it<B: Backend>() {
    let setup = persistent::<B>().await;
    let mut browser = setup.visitor().await;
    let old = browser.clone();
    let (log_in, writer) = (browser.begin().await, browser.begin().await);
    writer.session.insert("cart", ["apple"]).unwrap();
    log_in.session.log_in("user:42").unwrap();
    browser.keep(&log_in.finish().await);

    let late = writer.finish().await;
    assert_eq!(late.status, 200);
    assert_eq!(late.set_cookies(), [""; 0]);
    assert_eq!(browser.keys().await, ["cart", "x"]);
    let visit = browser.begin().await;
    assert_eq!(visit.session.owner().as_deref(), Some("user:42"));
    assert!(!old.is_known().await, "the old secret is dead");
    assert_eq!(setup.storage.stored().await, 1);
}

async fn a_slow_reader_sends_no_cookie_after_a_renewal<B: Backend>() {
    let setup = persistent::<B>().await;
    let mut browser = setup.visitor().await;
    setup.clock.advance(Duration::hours(2));
    let (renewal, reader) = (browser.begin().await, browser.begin().await);
    renewal.session.renew().unwrap();
    browser.keep(&renewal.finish().await);
    let late = reader.finish().await;
    assert_eq!((late.status.as_u16(), &*late.body), (200, "done"));
    assert_eq!(late.set_cookies(), [""; 0]);
    assert!(browser.is_known().await);
}

/// Two requests of one visitor renew; the one that finishes first has the cookie that opens the session, and the other
/// is told to try again.
async fn assert_first_wins<B: Backend>(first: Work, second: Work) -> (Setup<B::Storage>, Browser) {
    let setup = persistent::<B>().await;
    let mut browser = setup.visitor().await;
    let visits = [browser.begin().await, browser.begin().await];
    first(&visits[0].session).unwrap();
    second(&visits[1].session).unwrap();
    let [one, two] = visits;
    let reply = one.finish().await;
    assert!(reply.new_cookie().is_some());
    browser.keep(&reply);
    let late = two.finish().await;
    assert_eq!((late.status.as_u16(), &*late.body), (503, ""));
    assert_eq!(late.set_cookies(), [""; 0]);
    assert!(browser.is_known().await);
    assert_eq!(setup.storage.stored().await, 1);
    (setup, browser)
}

async fn of_two_renewals_the_first_is_the_only_one<B: Backend>() {
    assert_first_wins::<B>(|s| s.renew(), |s| s.renew()).await;
}

async fn of_two_log_ins_the_first_is_the_only_one<B: Backend>() {
    let (setup, browser) =
        assert_first_wins::<B>(|s| s.log_in("user:1"), |s| s.log_in("user:2")).await;
    let visit = browser.begin().await;
    assert_eq!(visit.session.owner().as_deref(), Some("user:1"));
    assert!(setup.sessions.list("user:2").await.unwrap().is_empty());
}

async fn of_a_renewal_and_a_log_in_the_first_is_the_only_one<B: Backend>() {
    let (_, browser) = assert_first_wins::<B>(|s| s.log_in("user:1"), |s| s.renew()).await;
    assert_eq!(browser.read("x").await, Some(1));
    let (setup, browser) = assert_first_wins::<B>(|s| s.renew(), |s| s.log_in("user:1")).await;
    let visit = browser.begin().await;
    assert_eq!(visit.session.owner(), None);
    assert!(setup.sessions.list("user:1").await.unwrap().is_empty());
}

async fn a_destruction_wins_over_a_renewal_in_either_order<B: Backend>() {
    for renewal_first in [true, false] {
        let setup = persistent::<B>().await;
        let mut browser = setup.visitor().await;
        let (renewal, log_out) = (browser.begin().await, browser.begin().await);
        renewal.session.log_in("user:42").unwrap();
        log_out.session.destroy();
        if renewal_first {
            browser.keep(&renewal.finish().await);
            assert_eq!(log_out.finish().await.status, 200);
        } else {
            log_out.finish().await;
            let late = renewal.finish().await;
            assert_eq!(late.set_cookies(), [""; 0]);
        }
        assert_eq!(setup.storage.stored().await, 0);
        assert!(!browser.is_known().await);
        assert!(setup.sessions.list("user:42").await.unwrap().is_empty());
    }
}

async fn a_log_in_among_parallel_writers_leaves_one_live_secret_and_every_item<B: Backend>() {
    for attempt in 0..20 {
        let setup = persistent::<B>().await;
        let mut browser = setup.visitor().await;
        let old = browser.clone();
        for call in [Call::Load, Call::Save] {
            setup.storage.fault(call, Fault::Yield);
        }
        let mut writers = Vec::new();
        for writer in 0..5 {
            let visit = browser.begin().await;
            visit.session.insert(format!("item{writer}"), 1).unwrap();
            writers.push(visit);
        }
        let log_in = browser.begin().await;
        log_in.session.log_in("user:42").unwrap();
        let writers = writers
            .into_iter()
            .map(|visit| tokio::spawn(visit.finish()));
        let writers: Vec<_> = writers.collect();
        for _ in 0..attempt {
            yield_now().await;
        }
        browser.keep(&log_in.finish().await);
        for writer in writers {
            assert_eq!(writer.await.unwrap().status, 200);
        }
        assert_eq!(browser.keys().await.len(), 6, "try {attempt}");
        assert!(!old.is_known().await, "try {attempt}");
        assert_eq!(setup.storage.stored().await, 1);
    }
}

async fn a_request_that_saved_before_a_renewal_sends_no_cookie_after_it<B: Backend>() {
    let setup = persistent::<B>().await;
    let mut browser = setup.visitor().await;
    let (log_in, slow) = (browser.begin().await, browser.begin().await);
    slow.session.insert("cart", ["apple"]).unwrap();
    slow.session.save().await.unwrap();
    log_in.session.log_in("user:42").unwrap();
    browser.keep(&log_in.finish().await);
    // Its cookie would carry the dead secret, and log the visitor out.
    let late = slow.finish().await;
    assert_eq!(late.set_cookies(), [""; 0]);
}

on_each_storage! {
    a_log_in_loses_nothing_that_a_parallel_request_saved_before_it
    a_log_in_loses_nothing_that_a_parallel_request_saves_after_it
    a_slow_reader_sends_no_cookie_after_a_renewal
    of_two_renewals_the_first_is_the_only_one
    of_two_log_ins_the_first_is_the_only_one
    of_a_renewal_and_a_log_in_the_first_is_the_only_one
    a_destruction_wins_over_a_renewal_in_either_order
    a_log_in_among_parallel_writers_leaves_one_live_secret_and_every_item
    a_request_that_saved_before_a_renewal_sends_no_cookie_after_it
}

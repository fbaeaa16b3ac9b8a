//! The session ends while a request is under way: absence wins, whatever the request does.

use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{Duration, SessionError};

use crate::support::{Backend, Browser, Call, Fault, Log, Reply, Setup, Work, on_each_storage};

/// What a request may have under way when its session ends.
const WORKS: [(&str, Work); 10] = [
    ("read", |s| {
        s.get::<u64>("x").map(|x| assert_eq!(x, Some(1)))
    }),
    ("insert", |s| s.insert("y", 1)),
    ("insert equal", |s| s.insert("x", 1)),
    ("update", |s| {
        s.update("x", |x: Option<u64>| x.unwrap_or(0) + 1).map(drop)
    }),
    ("remove", |s| {
        s.remove("x");
        Ok(())
    }),
    ("clear", |s| {
        s.clear();
        Ok(())
    }),
    ("take", |s| s.take::<u64>("x").map(|_| ())),
    ("renew", |s| s.renew()),
    ("log in", |s| s.log_in("user:7")),
    ("remember", |s| s.remember(Duration::days(9))),
];

/// With a persistent cookie, which a touch or a save sends again.
async fn persistent<B: Backend>() -> Setup<B::Storage> {
    let setup = B::configured(|builder| builder.max_age(Duration::days(5))).await;
    for call in [Call::Load, Call::Save, Call::Touch, Call::Delete] {
        setup.storage.fault(call, Fault::Yield);
    }
    setup
}

async fn log_out(browser: &Browser) {
    let visit = browser.begin().await;
    visit.session.destroy();
    let reply = visit.finish().await;
    assert_eq!(reply.set_cookies().len(), 1);
}

fn assert_no_cookie(reply: &Reply, work: &str) {
    assert_eq!(reply.status, 200, "{work}");
    assert_eq!(reply.body, "done", "{work}");
    assert_eq!(reply.set_cookies(), [""; 0], "{work}");
}

async fn assert_nothing_revived(setup: &Setup<impl SessionStorage>, browser: &Browser, work: &str) {
    assert_eq!(setup.storage.stored().await, 0, "{work}");
    assert!(!browser.is_known().await, "{work}");
}

async fn a_log_out_wins_over_whatever_a_slow_request_does<B: Backend>() {
    for (name, work) in WORKS {
        // A request that works before the log-out, and one that works after it; with and without a due touch.
        for (before, idle) in [(true, 0), (false, 0), (true, 2), (false, 2)] {
            let setup = persistent::<B>().await;
            let browser = setup.visitor().await;
            setup.clock.advance(Duration::hours(idle));
            let slow = browser.begin().await;
            if before {
                work(&slow.session).unwrap();
            }
            log_out(&browser).await;
            if !before {
                work(&slow.session).unwrap();
            }
            assert_no_cookie(&slow.finish().await, name);
            assert_nothing_revived(&setup, &browser, name).await;
        }
    }
}

async fn a_revoked_session_stays_revoked_whatever_a_slow_request_does<B: Backend>() {
    for (name, work) in WORKS {
        for all in [false, true] {
            let setup = persistent::<B>().await;
            let browser = setup.user("user:42").await;
            setup.clock.advance(Duration::hours(2));
            let slow = browser.begin().await;
            work(&slow.session).unwrap();
            if all {
                assert_eq!(setup.sessions.revoke_all("user:42").await.unwrap(), 1);
            } else {
                let id = slow.session.id().unwrap();
                setup.sessions.revoke(id).await.unwrap();
            }
            assert_no_cookie(&slow.finish().await, name);
            assert_nothing_revived(&setup, &browser, name).await;
            assert!(setup.sessions.list("user:7").await.unwrap().is_empty());
        }
    }
}

async fn who_came_in_time_is_in_time_however_long_the_handler_takes<B: Backend>() {
    for (index, (name, work)) in WORKS.into_iter().enumerate() {
        let seconds = [1, 30][index % 2];
        let setup = B::setup().await;
        let mut browser = setup.visitor().await;
        setup
            .clock
            .advance(Duration::hours(24) - Duration::seconds(seconds));
        let slow = browser.begin().await;
        setup.clock.advance(Duration::seconds(seconds + 1));
        // Somebody else comes, with whom expired sessions leave.
        setup.visitor().await;
        work(&slow.session).unwrap();
        let reply = slow.finish().await;
        assert_eq!(reply.status, 200, "{name}");
        browser.keep(&reply);
        assert!(browser.is_known().await, "{name}");
    }
}

async fn a_destroyed_session_needs_no_second_destruction<B: Backend>() {
    let setup = persistent::<B>().await;
    let browser = setup.visitor().await;
    let slow = browser.begin().await;
    slow.session.destroy();
    log_out(&browser).await;
    let reply = slow.finish().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.new_cookie(), None);
    assert_nothing_revived(&setup, &browser, "destroy").await;
}

async fn a_log_out_wins_over_a_request_that_replays_a_conflict<B: Backend>() {
    let setup = persistent::<B>().await;
    let browser = setup.visitor().await;
    let (slow, fast) = (browser.begin().await, browser.begin().await);
    slow.session.insert("y", 1).unwrap();
    fast.session.insert("z", 1).unwrap();
    fast.finish().await;
    // The slow request meets the fast one's version first, and nothing at its second try.
    setup.storage.heal();
    let gate = setup.storage.gate(Call::Save);
    let slow = slow.begin_commit("done");
    gate.arrival().await;
    gate.open();
    gate.arrival().await;
    log_out(&browser).await;
    gate.open();
    assert_no_cookie(&slow.await.unwrap(), "replay");
    assert_nothing_revived(&setup, &browser, "replay").await;
}

async fn who_came_in_time_is_in_time_where_its_save_meets_another<B: Backend>() {
    let setup = B::configured(|builder| builder.idle_timeout(Duration::hours(1))).await;
    let browser = setup.visitor().await;
    setup.clock.advance(Duration::seconds(3_599));
    let (slow, fast) = (browser.begin().await, browser.begin().await);
    slow.session.insert("y", 1).unwrap();
    fast.session.insert("z", 1).unwrap();
    setup.clock.advance(Duration::seconds(2));
    fast.finish().await;
    assert_no_cookie(&slow.finish().await, "replay");
    assert_eq!(browser.keys().await, ["x", "y", "z"]);
}

async fn who_came_with_a_clean_up_is_in_time_or_told<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let last = Duration::hours(24) - Duration::SECOND;
    setup.clock.advance(last);
    let gate = setup.storage.gate(Call::Touch);
    let clean_up = async {
        gate.arrival().await;
        setup.clock.advance(Duration::seconds(2));
        setup.sessions.delete_expired().await.unwrap();
        gate.open();
    };
    let (slow, ()) = tokio::join!(browser.begin(), clean_up);
    let written = match slow.session.insert("y", 1) {
        Ok(()) => vec!["x", "y"],
        Err(SessionError::Ended) => vec![],
        Err(error) => panic!("{error}"),
    };
    assert_no_cookie(&slow.finish().await, "clean-up");
    assert_eq!(browser.keys().await, written);
}

async fn a_session_that_has_expired_when_a_request_comes_stays_expired<B: Backend>() {
    let setup = B::configured(|builder| builder.idle_timeout(Duration::hours(1))).await;
    let browser = setup.visitor().await;
    setup.clock.advance(Duration::hours(1));
    let slow = browser.begin().await;
    assert!(slow.session.is_new());
    assert_no_cookie(&slow.finish().await, "expiry");
    assert!(!browser.is_known().await);
}

async fn an_event_says_that_changes_went_with_the_session<B: Backend>() {
    let log = Log::new();
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let slow = browser.begin().await;
    slow.session.insert("y", 1).unwrap();
    log_out(&browser).await;
    assert!(!log.text().contains("changes dropped"));
    slow.finish().await;
    assert!(log.text().contains("changes dropped: the session ended"));
}

on_each_storage! {
    a_log_out_wins_over_whatever_a_slow_request_does
    a_revoked_session_stays_revoked_whatever_a_slow_request_does
    who_came_in_time_is_in_time_however_long_the_handler_takes
    a_destroyed_session_needs_no_second_destruction
    a_log_out_wins_over_a_request_that_replays_a_conflict
    who_came_in_time_is_in_time_where_its_save_meets_another
    who_came_with_a_clean_up_is_in_time_or_told
    a_session_that_has_expired_when_a_request_comes_stays_expired
    an_event_says_that_changes_went_with_the_session
}

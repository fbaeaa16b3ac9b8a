//! A log-out and another request run into each other at every step of their ways to the storage.

use axum_bare_session::Duration;
use tokio::task::yield_now;

use crate::support::{Call, Fault, Setup, Visit, Work};

const TRIES: usize = 20;

fn slow_setup() -> Setup {
    let setup = Setup::configured(|builder| builder.max_age(Duration::days(5)));
    for call in [Call::Load, Call::Save, Call::Touch, Call::Delete] {
        setup.storage.fault(call, Fault::Yield);
    }
    setup
}

async fn finish_after(steps: usize, visit: Visit) {
    for _ in 0..steps {
        yield_now().await;
    }
    visit.finish().await;
}

async fn assert_a_log_out_wins(work: Work, idle: Duration) {
    for attempt in 0..TRIES {
        let setup = slow_setup();
        let browser = setup.visitor().await;
        setup.clock.advance(idle);
        let (other, leaving) = (browser.begin().await, browser.begin().await);
        work(&other.session).unwrap();
        leaving.session.destroy();
        // From four steps behind the log-out's start to fifteen before.
        let (ahead, behind) = (attempt.saturating_sub(4), 4usize.saturating_sub(attempt));
        tokio::join!(finish_after(behind, other), finish_after(ahead, leaving));
        assert!(setup.storage.inner.is_empty(), "try {attempt}");
        assert!(!browser.is_known().await, "try {attempt}");
    }
}

#[tokio::test]
async fn a_log_out_is_never_undone_by_a_writer() {
    assert_a_log_out_wins(|s| s.insert("y", 1), Duration::ZERO).await;
    let update: Work = |s| s.update("x", |x: Option<u64>| x.unwrap_or(0) + 1);
    assert_a_log_out_wins(update, Duration::ZERO).await;
}

#[tokio::test]
async fn a_log_out_is_never_undone_by_a_reader_whose_touch_is_due() {
    assert_a_log_out_wins(|s| s.get::<u64>("x").map(|_| ()), Duration::hours(2)).await;
}

#[tokio::test]
async fn a_log_out_is_never_undone_by_a_log_in_or_a_renewal() {
    assert_a_log_out_wins(|s| s.log_in("user:42"), Duration::ZERO).await;
    assert_a_log_out_wins(|s| s.renew(), Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_log_out_is_never_undone_on_four_threads() {
    for attempt in 0..TRIES {
        let setup = slow_setup();
        let browser = setup.visitor().await;
        let mut visits = Vec::new();
        for client in 0..8 {
            let visit = browser.begin().await;
            match client {
                3 => visit.session.destroy(),
                _ => visit.session.insert("y", client).unwrap(),
            }
            visits.push(visit);
        }
        let requests = visits.into_iter().map(|visit| tokio::spawn(visit.finish()));
        let requests: Vec<_> = requests.collect();
        for request in requests {
            request.await.unwrap();
        }
        assert!(setup.storage.inner.is_empty(), "try {attempt}");
    }
}

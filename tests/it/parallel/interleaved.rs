//! A log-out and another request run into each other at every step of their ways to the storage.

use axum_bare_session::Duration;
use tokio::task::yield_now;

use crate::support::{Backend, Call, Fault, Setup, Visit, Work, on_each_storage};

const TRIES: usize = 20;

async fn slow_setup<B: Backend>() -> Setup<B::Storage> {
    let setup = B::configured(|builder| builder.max_age(Duration::days(5))).await;
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

async fn assert_a_log_out_wins<B: Backend>(work: Work, idle: Duration) {
    for attempt in 0..TRIES {
        let setup = slow_setup::<B>().await;
        let browser = setup.visitor().await;
        setup.clock.advance(idle);
        let (other, leaving) = (browser.begin().await, browser.begin().await);
        work(&other.session).unwrap();
        leaving.session.destroy();
        // From four steps behind the log-out's start to fifteen before.
        let (ahead, behind) = (attempt.saturating_sub(4), 4usize.saturating_sub(attempt));
        tokio::join!(finish_after(behind, other), finish_after(ahead, leaving));
        assert_eq!(setup.storage.stored().await, 0, "try {attempt}");
        assert!(!browser.is_known().await, "try {attempt}");
    }
}

async fn a_log_out_is_never_undone_by_a_writer<B: Backend>() {
    assert_a_log_out_wins::<B>(|s| s.insert("y", 1), Duration::ZERO).await;
    let update: Work = |s| s.update("x", |x: Option<u64>| x.unwrap_or(0) + 1).map(drop);
    assert_a_log_out_wins::<B>(update, Duration::ZERO).await;
}

async fn a_log_out_is_never_undone_by_a_reader_whose_touch_is_due<B: Backend>() {
    assert_a_log_out_wins::<B>(|s| s.get::<u64>("x").map(|_| ()), Duration::hours(2)).await;
}

async fn a_log_out_is_never_undone_by_a_log_in_or_a_renewal<B: Backend>() {
    assert_a_log_out_wins::<B>(|s| s.log_in("user:42"), Duration::ZERO).await;
    assert_a_log_out_wins::<B>(|s| s.renew(), Duration::ZERO).await;
}

async fn a_log_out_is_never_undone_on_four_threads<B: Backend>() {
    for attempt in 0..TRIES {
        let setup = slow_setup::<B>().await;
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
        assert_eq!(setup.storage.stored().await, 0, "try {attempt}");
    }
}

on_each_storage! {
    a_log_out_is_never_undone_by_a_writer
    a_log_out_is_never_undone_by_a_reader_whose_touch_is_due
    a_log_out_is_never_undone_by_a_log_in_or_a_renewal
    ; on four threads:
    a_log_out_is_never_undone_on_four_threads
}

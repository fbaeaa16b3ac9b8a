//! Which session has been idle for the longest, where that one ends.

use axum_bare_session::{AtSessionLimit, Duration, SessionsBuilder};

use crate::support::{Backend, on_each_storage};

/// Where one session is read late, and another not for `gap` longer, the other one ends, whichever logged in first.
async fn one_that_was_read_within_a_minute_never_ends_while_an_idler_one_is_there<B: Backend>() {
    for gap in [10, 30, 59] {
        for reader in 0..3 {
            let limit = |builder: SessionsBuilder| {
                builder.max_sessions_per_owner(3, AtSessionLimit::EndLongestIdle)
            };
            let setup = B::configured(limit).await;
            let mut browsers = Vec::new();
            for _ in 0..3 {
                browsers.push(setup.user("ada").await);
                setup.clock.advance(Duration::minutes(2));
            }
            // All are read at once, long after; then one of them again.
            for browser in &browsers {
                assert_eq!(browser.keys().await, ["x"]);
            }
            let others = (0..3).filter(|other| *other != reader);
            let idle = others.clone().next_back().unwrap();
            setup.clock.advance(Duration::seconds(6));
            for other in others.filter(|other| *other != idle) {
                assert!(browsers[other].is_known().await);
            }
            setup.clock.advance(Duration::seconds(gap));
            assert!(browsers[reader].is_known().await);
            setup.clock.advance(Duration::seconds(59));
            setup.user("ada").await;
            let mut alive = Vec::new();
            for browser in &browsers {
                alive.push(browser.is_known().await);
            }
            let expected: Vec<_> = (0..3).map(|index| index != idle).collect();
            assert_eq!(alive, expected, "{reader} read {gap} s after the others");
        }
    }
}

on_each_storage! {
    one_that_was_read_within_a_minute_never_ends_while_an_idler_one_is_there
}

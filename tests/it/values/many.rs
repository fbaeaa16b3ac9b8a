//! Many keys in one request.

use std::time::{Duration, Instant};

use crate::support::Setup;

/// How long a request takes that sets so many keys, at best.
async fn time_to_set(keys: &[String]) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let setup = Setup::configured(|builder| builder.max_size(usize::MAX));
        let mut browser = setup.browser();
        let begun = Instant::now();
        let visit = browser.begin().await;
        for key in keys {
            visit.session.insert(&**key, 1).unwrap();
        }
        let reply = visit.finish().await;
        best = best.min(begun.elapsed());
        assert_eq!(reply.status, 200);
        browser.keep(&reply);
        let visit = browser.begin().await;
        assert_eq!(visit.session.len(), keys.len());
        visit.finish().await;
    }
    best
}

#[tokio::test]
async fn four_times_as_many_keys_take_about_four_times_as_long() {
    // In an order that is none.
    let keys = |count: usize| {
        let numbers = (0..count).map(|n| n.wrapping_mul(2_654_435_761) % 1_000_000_007);
        numbers.map(|n| format!("key {n}")).collect::<Vec<_>>()
    };
    let few = time_to_set(&keys(3_000)).await;
    let many = time_to_set(&keys(12_000)).await;
    println!("3,000 keys: {few:?}; 12,000 keys: {many:?}");
    assert!(many < 8 * few, "3,000 keys: {few:?}; 12,000 keys: {many:?}");
}

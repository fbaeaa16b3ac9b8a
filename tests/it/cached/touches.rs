//! Touches at once, of which each says when the session was seen.

use axum_bare_session::Duration;
use axum_bare_session::storage::SessionStorage;

use super::house::House;
use super::remote::{cached, id, record, version};
use crate::support::Call;

#[tokio::test]
async fn a_touch_that_another_one_overtook_takes_back_nothing() {
    let (remote, cached) = cached().await;
    assert_eq!(version(&cached).await, Some(1));
    let seen = |minutes| record(1).last_seen + Duration::minutes(minutes);
    let touch = async |minutes| {
        let (seen, end) = (seen(minutes), seen(minutes) + Duration::HOUR);
        let touched = cached.touch(id(1), record(1).version, seen, end).await;
        assert!(touched.unwrap());
    };
    let gate = remote.hold(Call::Touch);
    let overtaken = async {
        touch(1).await;
    };
    let later = async {
        gate.arrival().await;
        touch(2).await;
        gate.open();
    };
    tokio::join!(overtaken, later);
    let loaded = cached.load(id(1)).await.unwrap().unwrap();
    assert_eq!(loaded.last_seen, seen(2));
}

#[tokio::test]
async fn an_answer_that_a_touch_overtook_takes_back_nothing() {
    let (remote, cached) = cached().await;
    let gate = remote.hold(Call::Load);
    let loader = cached.clone();
    let load = tokio::spawn(async move { version(&loader).await });
    gate.arrival().await;
    assert_eq!(version(&cached).await, Some(1));
    let seen = record(1).last_seen + Duration::MINUTE;
    let touched = cached.touch(id(1), record(1).version, seen, seen + Duration::HOUR);
    assert!(touched.await.unwrap());
    gate.open();
    assert_eq!(load.await.unwrap(), Some(1));
    let loaded = cached.load(id(1)).await.unwrap().unwrap();
    assert_eq!(loaded.last_seen, seen);
}

/// What is in memory has expired by its own time, and not by that of a touch at another process.
#[tokio::test(start_paused = true)]
async fn a_session_that_another_process_has_kept_alive_is_reloaded() {
    let house = House::new();
    let at_a = house.user().await;
    let at_b = house.b.receives(&at_a);
    assert!(at_b.is_known().await);
    let visit = at_b.begin().await;
    for _ in 0..2 {
        house.clock.advance(Duration::hours(13));
        assert!(at_a.is_known().await);
    }
    assert!(visit.session.reload().await.unwrap());
    assert_eq!(visit.session.get("x").unwrap(), Some(1));
    visit.finish().await;
}

use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{Duration, OffsetDateTime, Timeouts};

use super::{House, MICROSECOND};
use crate::support::{Calls, Setup, id_of};

fn hourly() -> House {
    House::new(|b| {
        b.idle_timeout(Duration::hours(1))
            .touch_interval(Duration::minutes(3))
    })
}

#[tokio::test]
async fn a_read_slides_the_idle_limit() {
    let mut house = hourly();
    house.get("/count").await;
    for _ in 0..5 {
        house.clock.advance(Duration::minutes(59));
        assert!(house.is_alive().await);
    }
}

#[tokio::test]
async fn extracting_a_session_is_activity_even_if_the_handler_asks_it_for_nothing() {
    let mut house = hourly();
    house.get("/count").await;
    house.clock.advance(Duration::minutes(30));
    house.get("/log_out").await;
    assert!(!house.is_alive().await);

    let mut house = hourly();
    house.get("/count").await;
    house.clock.advance(Duration::minutes(30));
    house.get("/expires").await;
    let end = house.clock.now() + Duration::hours(1);
    assert_eq!(house.expires_at().await, end);
}

#[tokio::test]
async fn a_request_that_ignores_the_session_is_no_activity() {
    let mut house = hourly();
    house.get("/count").await;
    house.clock.advance(Duration::minutes(30));
    house.get("/ignore").await;
    house.clock.advance(Duration::minutes(30));
    assert!(!house.is_alive().await);
}

#[tokio::test]
async fn reads_touch_the_storage_at_most_once_per_touch_interval() {
    let mut house = hourly();
    house.get("/count").await;
    house.storage.take_calls();
    let quiet = Calls {
        load: 1,
        ..Calls::default()
    };
    let touched = Calls { touch: 1, ..quiet };

    house.get("/read").await;
    assert_eq!(house.storage.take_calls(), quiet);
    house.clock.advance(Duration::minutes(3) - MICROSECOND);
    house.get("/read").await;
    assert_eq!(house.storage.take_calls(), quiet);
    house.clock.advance(MICROSECOND);
    house.get("/read").await;
    assert_eq!(house.storage.take_calls(), touched);
    house.get("/read").await;
    assert_eq!(house.storage.take_calls(), quiet);
}

#[tokio::test]
async fn the_touch_interval_is_a_twentieth_of_the_idle_limit_unless_it_is_set() {
    let mut house = House::new(|b| b.idle_timeout(Duration::hours(1)));
    house.get("/count").await;
    house.clock.advance(Duration::minutes(3) - MICROSECOND);
    house.get("/read").await;
    assert_eq!(house.storage.take_calls().touch, 0);
    house.clock.advance(MICROSECOND);
    house.get("/read").await;
    assert_eq!(house.storage.take_calls().touch, 1);
}

#[tokio::test]
async fn a_touch_interval_of_zero_touches_at_each_read() {
    let mut house = House::new(|b| b.touch_interval(Duration::ZERO));
    house.get("/count").await;
    for _ in 0..3 {
        house.clock.advance(MICROSECOND);
        house.get("/read").await;
    }
    assert_eq!(house.storage.take_calls().touch, 3);
}

#[tokio::test]
async fn a_touch_moves_the_expiry_and_leaves_version_digest_and_values_as_they_were() {
    let mut house = hourly();
    house.get("/count").await;
    let id = id_of(&house.browser.cookies["__Host-Http-id"]);
    let before = house.storage.inner.load(id).await.unwrap().unwrap();
    house.clock.advance(Duration::minutes(10));
    house.get("/read").await;
    let after = house.storage.inner.load(id).await.unwrap().unwrap();

    assert_eq!(after.last_seen, before.last_seen + Duration::minutes(10));
    assert_eq!(after.expires_at, before.expires_at + Duration::minutes(10));
    let mut rest = (*after).clone();
    rest.last_seen = before.last_seen;
    rest.expires_at = before.expires_at;
    assert_eq!(rest, *before);
}

/// A clean-up may come while the handler is at work.
#[tokio::test]
async fn a_session_that_is_opened_just_before_its_end_is_stored_for_another_minute() {
    let setup = Setup::configured(|b| b.timeouts(Timeouts::AAL3).idle_timeout(Duration::HOUR * 12));
    let browser = setup.visitor().await;
    setup.clock.advance(Duration::hours(12) - Duration::SECOND);
    let visit = browser.begin().await;
    setup.clock.advance(Duration::seconds(59));
    assert_eq!(setup.sessions.delete_expired().await.unwrap(), 0);
    visit.session.insert("y", 1).unwrap();
    assert_eq!(visit.finish().await.status, 200);
    setup.clock.advance(Duration::SECOND);
    assert_eq!(setup.sessions.delete_expired().await.unwrap(), 1);
}

#[tokio::test]
async fn a_write_slides_the_idle_limit_also_within_the_touch_interval() {
    let mut house = hourly();
    house.get("/count").await;
    house.clock.advance(Duration::minutes(1));
    house.get("/count").await;
    let end = house.clock.now() + Duration::hours(1);
    assert_eq!(house.expires_at().await, end);
    assert_eq!(house.storage.take_calls().touch, 0);
}

#[tokio::test]
async fn neither_reads_nor_writes_move_the_absolute_limit() {
    let mut house = House::new(|b| b.timeouts(Timeouts::AAL2));
    let end = house.clock.now() + Duration::hours(24);
    house.get("/count").await;
    for _ in 0..24 {
        house.clock.advance(Duration::minutes(55));
        house.get("/count").await;
        house.clock.advance(Duration::minutes(4));
        house.get("/read").await;
        assert!(house.expires_at().await <= end);
    }
    assert_eq!(house.expires_at().await, end);
}

#[tokio::test]
async fn renewal_moves_neither_limit() {
    // The write itself slides the idle limit, as any does: the renewal adds nothing to that.
    let mut house = House::new(|b| b.timeouts(Timeouts::AAL1));
    house.get("/count").await;
    let end = house.expires_at().await;
    house.clock.advance(Duration::days(29));
    let old = house.browser.cookies.clone();
    house.get("/renew").await;
    assert_ne!(house.browser.cookies, old);
    assert_eq!(house.expires_at().await, end);
    house.clock.advance(Duration::days(1));
    assert!(!house.is_alive().await);
}

#[tokio::test]
async fn renewal_without_time_passing_leaves_both_limits_where_they_are() {
    let mut house = hourly();
    house.get("/count").await;
    let end = house.expires_at().await;
    house.get("/renew").await;
    assert_eq!(house.expires_at().await, end);
}

#[tokio::test]
async fn logging_in_starts_both_limits_anew() {
    let mut house = House::new(|b| b.timeouts(Timeouts::AAL2));
    house.get("/count").await;
    for _ in 0..46 {
        house.clock.advance(Duration::minutes(30));
        house.get("/read").await;
    }
    house.clock.advance(Duration::minutes(59));
    house.get("/log_in/ada").await;
    let log_in = house.clock.now();
    assert_eq!(house.expires_at().await, log_in + Duration::hours(1));
    for _ in 0..47 {
        house.clock.advance(Duration::minutes(30));
        assert!(house.is_alive().await);
    }
    assert_eq!(house.expires_at().await, log_in + Duration::hours(24));
    house.clock.advance(Duration::minutes(30));
    assert!(!house.is_alive().await);
}

#[tokio::test]
async fn logging_in_again_as_the_same_owner_starts_the_absolute_limit_anew() {
    let mut house = House::new(|b| b.timeouts(Timeouts::AAL1));
    house.get("/log_in/ada").await;
    house.clock.advance(Duration::days(20));
    house.get("/log_in/ada").await;
    house.clock.advance(Duration::days(30) - MICROSECOND);
    assert!(house.is_alive().await);
    house.clock.advance(MICROSECOND);
    assert!(!house.is_alive().await);
}

#[tokio::test]
async fn the_time_of_the_log_in_is_kept_through_renewals_and_writes() {
    let mut house = House::new(|b| b);
    house.get("/log_in/ada").await;
    let log_in = house.clock.now();
    house.clock.advance(Duration::hours(1));
    house.get("/renew").await;
    house.clock.advance(Duration::hours(1));
    house.get("/count").await;
    let listed = house.sessions.list("ada").await.unwrap();
    assert_eq!(listed[0].authenticated_at(), Some(log_in));
    assert_eq!(listed[0].created_at(), log_in);
    let seen: OffsetDateTime = listed[0].last_seen();
    assert_eq!(seen, house.clock.now());
}

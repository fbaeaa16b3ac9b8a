use axum_bare_session::storage::{SessionRecord, SessionStorage};
use axum_bare_session::{Duration, OffsetDateTime};
use time::UtcOffset;

use super::{House, MICROSECOND};
use crate::support::{Clock, Spy, id_of};

#[tokio::test]
async fn a_clock_that_jumps_back_an_hour_ends_no_session_and_takes_back_no_expiry() {
    let mut house = House::new(|b| b.idle_timeout(Duration::hours(2)));
    house.get("/count").await;
    let end = house.expires_at().await;
    house.clock.advance(Duration::hours(-1));
    assert_eq!(house.get("/count").await, "2");
    assert_eq!(house.expires_at().await, end);
    assert!(house.is_alive().await);
    house.clock.advance(Duration::hours(3) - MICROSECOND);
    assert!(house.is_alive().await);
}

/// A session from the future would outlive its limits by as much.
#[tokio::test]
async fn a_clock_that_ran_ahead_and_was_set_right_leaves_no_immortal_session() {
    for (ahead, alive) in [
        (Duration::days(365), false),
        (Duration::hours(2) + MICROSECOND, false),
        (Duration::hours(2), true),
    ] {
        for path in ["/count", "/log_in/ada"] {
            let mut house = House::new(|b| b);
            house.clock.advance(ahead);
            house.get(path).await;
            house.clock.advance(-ahead);
            assert_eq!(house.is_alive().await, alive, "{ahead} {path}");
            let listed = house.sessions.list("ada").await.unwrap();
            assert_eq!(listed.len(), usize::from(alive && path != "/count"));
        }
    }
}

#[tokio::test]
async fn a_clock_that_jumps_back_touches_nothing_until_it_has_caught_up() {
    let mut house = House::new(|b| b.touch_interval(Duration::ZERO));
    house.get("/count").await;
    house.storage.take_calls();
    house.clock.advance(Duration::hours(-1));
    house.get("/read").await;
    assert_eq!(house.storage.take_calls().touch, 0);
    house.clock.advance(Duration::hours(1));
    house.get("/read").await;
    assert_eq!(house.storage.take_calls().touch, 1);
}

#[tokio::test]
async fn a_log_in_after_the_clock_jumped_back_counts_from_the_clock() {
    let mut house = House::new(|b| b.absolute_timeout(Duration::days(2)));
    house.get("/count").await;
    house.clock.advance(Duration::hours(-1));
    house.get("/log_in/ada").await;
    let listed = house.sessions.list("ada").await.unwrap();
    assert_eq!(listed[0].authenticated_at(), Some(house.clock.now()));
    house.clock.advance(Duration::hours(24));
    assert!(house.is_alive().await);
    house.clock.advance(Duration::hours(24) - MICROSECOND);
    assert!(house.is_alive().await);
    house.clock.advance(MICROSECOND);
    assert!(!house.is_alive().await);
}

#[tokio::test]
async fn a_persistent_cookie_sent_after_the_clock_jumped_back_ends_with_the_session() {
    let mut house = House::new(|b| b);
    house.get("/remember/7200").await;
    house.clock.advance(Duration::hours(-1));
    let reply = house.browser.get("/count").await;
    let (max_age, _) = reply.set_cookie().unwrap().lifetime();
    let left = house.expires_at().await - house.clock.now();
    assert_eq!(max_age, Some(left.whole_seconds()));
}

#[tokio::test]
async fn a_clock_before_1970_makes_sessions_as_any_other() {
    let clock = Clock::new();
    let years_100 = Duration::days(36_525);
    clock.advance(-years_100);
    assert!(clock.now() < OffsetDateTime::UNIX_EPOCH);
    let mut house = House::over(Spy::new(), clock, |b| b.idle_timeout(Duration::hours(1)));
    house.get("/count").await;
    assert_eq!(house.get("/count").await, "2");

    let id = id_of(&house.browser.cookies["__Host-Http-id"]);
    let stored = house.storage.inner.load(id).await.unwrap().unwrap();
    let json = stored.to_json().unwrap();
    let read = SessionRecord::from_json(&json).unwrap();
    assert_eq!(read, *stored);

    house.clock.advance(Duration::hours(1) - MICROSECOND);
    assert!(house.is_alive().await);
    house.clock.advance(Duration::hours(1));
    assert!(!house.is_alive().await);
}

#[tokio::test]
async fn a_persistent_cookie_before_1970_has_an_age_or_a_date() {
    let clock = Clock::new();
    clock.advance(Duration::days(-36_525));
    let hour = Duration::hours(1);
    let expires = clock.now() + hour;
    let mut house = House::over(Spy::new(), clock.clone(), |b| b.expires(expires));
    let date = Some("Wed, 14 Nov 1923 23:13:20 GMT".to_owned());
    assert_eq!(house.lifetime("/count").await, Some((None, date)));
    let mut house = House::over(Spy::new(), clock, |b| b.max_age(hour));
    assert_eq!(house.lifetime("/count").await, Some((Some(3600), None)));
}

#[tokio::test]
async fn a_clock_at_the_end_of_the_calendar_overflows_nothing() {
    let clock = Clock::new();
    let last = time::Date::MAX.midnight().assume_utc();
    clock.advance(last - clock.now());
    let mut house = House::over(Spy::new(), clock, |b| {
        b.max_age(Duration::days(400))
            .expires(last + Duration::hours(3))
    });
    house.get("/count").await;
    assert_eq!(house.get("/count").await, "2");
    house.get("/remember/604800").await;
    assert!(house.is_alive().await);
}

#[tokio::test]
async fn ids_are_made_from_the_clock_that_was_given() {
    let mut house = House::new(|b| b);
    house.get("/count").await;
    let id = uuid::Uuid::from(id_of(&house.browser.cookies["__Host-Http-id"]));
    let (seconds, _) = id.get_timestamp().unwrap().to_unix();
    assert_eq!(seconds, 1_700_000_000);
}

#[tokio::test]
async fn a_clock_of_any_offset_tells_the_times_in_utc() {
    for hours in [-11, 0, 13] {
        let clock = Clock::new();
        let offset = UtcOffset::from_hms(hours, 0, 0).unwrap();
        let local = clock.clone();
        let mut house = House::over(Spy::new(), clock, |b| {
            let longest = Duration::MAX;
            let b = b.idle_timeout(longest).absolute_timeout(longest);
            b.clock(move || local.now().to_offset(offset))
        });
        house.get("/log_in/ann").await;
        let listed = house.sessions.list("ann").await.unwrap();
        assert_eq!(listed[0].created_at(), house.clock.now());
        assert!(listed[0].created_at().offset().is_utc());

        let stored = house.storage.inner.load(listed[0].id()).await;
        let stored = stored.unwrap().unwrap();
        let json = stored.to_json().unwrap();
        assert_eq!(SessionRecord::from_json(&json).unwrap(), *stored);
    }
}

#[tokio::test]
async fn a_clean_up_ends_at_any_time_and_under_any_limits() {
    let last = time::PrimitiveDateTime::MAX.assume_utc();
    let first = time::PrimitiveDateTime::MIN.assume_utc();
    for now in [first, OffsetDateTime::UNIX_EPOCH, last] {
        for limit in [Duration::new(1, 1), Duration::MAX] {
            let clock = Clock::new();
            clock.advance(now - clock.now());
            let mut house = House::over(Spy::new(), clock, |b| {
                b.idle_timeout(limit).absolute_timeout(Duration::MAX)
            });
            house.get("/count").await;
            house.sessions.delete_expired().await.unwrap();
        }
    }
}

use std::sync::atomic::{AtomicI64, Ordering};

use axum_bare_session::{Duration, OffsetDateTime, Timeouts};

use super::{House, MICROSECOND};

const HOUR: i64 = 3600;

fn lifetime(max_age: Option<i64>, expires: Option<&str>) -> Option<(Option<i64>, Option<String>)> {
    Some((max_age, expires.map(str::to_owned)))
}

#[tokio::test]
async fn by_default_the_cookie_ends_with_the_browser() {
    let mut house = House::new(|b| b);
    assert_eq!(house.lifetime("/count").await, lifetime(None, None));
    assert_eq!(house.lifetime("/renew").await, lifetime(None, None));
    assert_eq!(house.lifetime("/log_in/ada").await, lifetime(None, None));
}

#[tokio::test]
async fn a_cookie_that_ends_with_the_browser_is_sent_only_when_it_changes() {
    let mut house = House::new(|b| b);
    house.get("/count").await;
    house.clock.advance(Duration::hours(12));
    assert_eq!(house.lifetime("/read").await, None);
    assert_eq!(house.lifetime("/count").await, None);
}

#[tokio::test]
async fn max_age_is_sent_in_seconds() {
    let mut house = House::new(|b| b.max_age(Duration::hours(2)));
    assert_eq!(
        house.lifetime("/count").await,
        lifetime(Some(2 * HOUR), None)
    );
}

#[tokio::test]
async fn a_fraction_of_a_second_is_rounded_down() {
    let mut house = House::new(|b| b.max_age(Duration::milliseconds(1_999)));
    assert_eq!(house.lifetime("/count").await, lifetime(Some(1), None));
}

#[tokio::test]
async fn max_age_is_never_longer_than_the_session_itself() {
    let mut house = House::new(|b| b.timeouts(Timeouts::AAL2).max_age(Duration::days(7)));
    assert_eq!(house.lifetime("/count").await, lifetime(Some(HOUR), None));
    for _ in 0..46 {
        house.clock.advance(Duration::minutes(30));
        house.get("/read").await;
    }
    house.clock.advance(Duration::minutes(30));
    // Half an hour is left of the absolute limit.
    assert_eq!(
        house.lifetime("/count").await,
        lifetime(Some(HOUR / 2), None)
    );
}

#[tokio::test]
async fn max_age_is_never_longer_than_400_days() {
    let mut house = House::new(|b| {
        b.idle_timeout(Duration::days(900))
            .absolute_timeout(Duration::days(900))
            .max_age(Duration::days(800))
    });
    let days_400 = 400 * 24 * HOUR;
    assert_eq!(
        house.lifetime("/count").await,
        lifetime(Some(days_400), None)
    );
}

#[tokio::test]
async fn a_persistent_cookie_is_sent_again_when_the_expiry_moves_and_only_then() {
    let mut house = House::new(|b| {
        b.idle_timeout(Duration::hours(1))
            .touch_interval(Duration::minutes(3))
            .max_age(Duration::minutes(30))
    });
    let half = lifetime(Some(HOUR / 2), None);
    assert_eq!(house.lifetime("/count").await, half);
    assert_eq!(house.lifetime("/read").await, None);
    house.clock.advance(Duration::minutes(3) - MICROSECOND);
    assert_eq!(house.lifetime("/read").await, None);
    house.clock.advance(MICROSECOND);
    assert_eq!(house.lifetime("/read").await, half);
    assert_eq!(house.lifetime("/read").await, None);
    assert_eq!(house.lifetime("/count").await, half);
    assert_eq!(house.lifetime("/ignore").await, None);
}

#[tokio::test]
async fn a_persistent_cookie_that_is_sent_again_is_the_same_one() {
    let mut house = House::new(|b| b.max_age(Duration::hours(2)));
    house.get("/count").await;
    let value = house.browser.cookies["__Host-Http-id"].clone();
    house.clock.advance(Duration::hours(2));
    let again = house.browser.get("/read").await.set_cookie().unwrap();
    assert_eq!(again.value, value);
    let again = house.browser.get("/count").await.set_cookie().unwrap();
    assert_eq!(again.value, value);
}

#[tokio::test]
async fn expires_is_sent_as_an_http_date() {
    let mut house = House::new(|b| {
        let start = crate::support::Clock::new().now();
        b.expires(start + Duration::hours(2))
    });
    let date = "Wed, 15 Nov 2023 00:13:20 GMT";
    assert_eq!(house.lifetime("/count").await, lifetime(None, Some(date)));
    // The instant stands still while the session slides.
    house.clock.advance(Duration::hours(1));
    assert_eq!(house.lifetime("/count").await, lifetime(None, Some(date)));
}

#[tokio::test]
async fn expires_is_never_later_than_the_session_itself() {
    let mut house = House::new(|b| {
        let start = crate::support::Clock::new().now();
        b.expires(start + Duration::days(300))
    });
    let a_day_on = "Wed, 15 Nov 2023 22:13:20 GMT";
    assert_eq!(
        house.lifetime("/count").await,
        lifetime(None, Some(a_day_on))
    );
    house.clock.advance(Duration::hours(2));
    let slid = "Thu, 16 Nov 2023 00:13:20 GMT";
    assert_eq!(house.lifetime("/read").await, lifetime(None, Some(slid)));
}

#[tokio::test]
async fn expires_is_never_later_than_400_days() {
    let mut house = House::new(|b| {
        let start = crate::support::Clock::new().now();
        b.timeouts(Timeouts::new(Duration::days(900), Duration::days(900)))
            .expires(start + Duration::days(800))
    });
    let days_400 = "Wed, 18 Dec 2024 22:13:20 GMT";
    assert_eq!(
        house.lifetime("/count").await,
        lifetime(None, Some(days_400))
    );
}

#[tokio::test]
async fn from_the_instant_of_expires_on_cookies_end_with_the_browser() {
    let mut house = House::new(|b| {
        let start = crate::support::Clock::new().now();
        b.expires(start + Duration::hours(2))
    });
    house.get("/count").await;
    house.clock.advance(Duration::hours(2));
    assert!(house.is_alive().await);
    assert_eq!(house.lifetime("/count").await, None);
    assert_eq!(house.lifetime("/renew").await, lifetime(None, None));
}

#[tokio::test]
async fn of_max_age_and_expires_the_earlier_end_counts_and_one_is_sent() {
    let mut house = House::new(|b| {
        let start = crate::support::Clock::new().now();
        b.max_age(Duration::hours(1))
            .expires(start + Duration::minutes(150))
    });
    // Past the instant, only the age is left.
    for (after, left) in [(0, 60), (60, 60), (60, 30), (29, 1), (1, 60)] {
        house.clock.advance(Duration::minutes(after));
        let left = lifetime(Some(left * 60), None);
        assert_eq!(house.lifetime("/count").await, left, "{after}");
    }
}

#[tokio::test]
async fn of_remember_and_expires_the_earlier_end_counts_and_one_is_sent() {
    let mut house = House::new(|b| {
        let start = crate::support::Clock::new().now();
        b.expires(start + Duration::days(3))
    });
    let days = |days: i64| lifetime(Some(days * 24 * HOUR), None);
    assert_eq!(house.lifetime("/remember/604800").await, days(3));
    house.clock.advance(Duration::days(2));
    assert_eq!(house.lifetime("/read").await, days(1));
    house.clock.advance(Duration::days(2));
    assert_eq!(house.lifetime("/read").await, days(7));
}

/// Whatever the cookie's age and the session's limits: who comes back in time has the cookie.
#[tokio::test]
async fn who_comes_back_in_time_never_loses_the_cookie() {
    let minutes = Duration::minutes;
    for (age, idle, every) in [
        (minutes(60), minutes(24 * 60), minutes(5)),
        (minutes(60), minutes(24 * 60), minutes(53)),
        (minutes(24 * 60), minutes(60), minutes(5)),
        (minutes(10), minutes(10), minutes(9)),
        (minutes(1), minutes(30 * 24 * 60), Duration::seconds(50)),
        (minutes(7 * 24 * 60), minutes(24 * 60), minutes(22 * 60)),
    ] {
        let mut house = House::new(|b| {
            let absolute = Duration::days(1_000);
            b.max_age(age).idle_timeout(idle).absolute_timeout(absolute)
        });
        let mut kept_until = house.clock.now();
        for visit in 0..100 {
            assert!(
                visit == 0 || house.clock.now() < kept_until,
                "{age} {idle} {every}"
            );
            let path = if visit == 0 { "/count" } else { "/read" };
            if let Some((Some(seconds), _)) = house.lifetime(path).await {
                kept_until = house.clock.now() + Duration::seconds(seconds);
            }
            house.clock.advance(every);
        }
    }
}

#[tokio::test]
async fn remember_goes_beyond_a_shorter_max_age() {
    let mut house = House::new(|b| b.max_age(Duration::hours(1)));
    let week = lifetime(Some(7 * 24 * HOUR), None);
    assert_eq!(house.lifetime("/remember/604800").await, week);
    house.clock.advance(Duration::days(1));
    assert_eq!(house.lifetime("/read").await, week);
}

#[tokio::test]
async fn a_persistent_cookie_is_not_sent_for_a_session_that_ended() {
    let mut house = House::new(|b| b.max_age(Duration::hours(1)));
    house.get("/count").await;
    house.clock.advance(Duration::days(1));
    assert_eq!(house.lifetime("/read").await, None);
    assert_eq!(house.lifetime("/expires").await, None);
}

#[tokio::test]
async fn the_moments_between_the_save_and_the_response_cost_no_second() {
    let mut house = House::new(|b| {
        let hour = Duration::hours(1);
        let ticks = AtomicI64::new(1_700_000_000_000);
        let ticking = move || {
            let millis = ticks.fetch_add(1, Ordering::Relaxed);
            OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(millis)
        };
        b.idle_timeout(hour).max_age(hour).clock(ticking)
    });
    assert_eq!(house.lifetime("/count").await, lifetime(Some(HOUR), None));
}

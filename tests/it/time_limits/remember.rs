use axum::Router;
use axum::routing::get;
use axum_bare_session::{Duration, SessionData, SessionError, Timeouts};

use super::{House, MICROSECOND};
use crate::support::{Clock, Spy};

const WEEK: i64 = 7 * 24 * 3600;

#[tokio::test]
async fn remember_stands_in_for_the_idle_limit() {
    for (short, alive) in [(MICROSECOND, true), (Duration::ZERO, false)] {
        let mut house = House::new(|b| b);
        assert_eq!(
            house.lifetime("/remember/604800").await,
            Some((Some(WEEK), None))
        );
        house.clock.advance(Duration::days(7) - short);
        assert_eq!(house.is_alive().await, alive, "{short}");
    }
}

#[tokio::test]
async fn remember_shorter_than_the_idle_limit_shortens_it() {
    let mut house = House::new(|b| b);
    assert_eq!(house.lifetime("/remember/60").await, Some((Some(60), None)));
    house.clock.advance(Duration::minutes(1));
    assert!(!house.is_alive().await);
}

#[tokio::test]
async fn a_session_remembered_for_less_than_the_touch_interval_is_still_kept_by_reads() {
    let mut house = House::new(|b| b);
    house.get("/remember/1800").await;
    for _ in 0..4 {
        house.clock.advance(Duration::minutes(20));
        assert!(house.is_alive().await);
    }
    house.clock.advance(Duration::minutes(30));
    assert!(!house.is_alive().await);
}

#[tokio::test]
async fn a_remembered_session_slides_with_each_touch() {
    let mut house = House::new(|b| b);
    house.get("/remember/604800").await;
    for _ in 0..4 {
        house.clock.advance(Duration::days(6));
        assert!(house.is_alive().await);
    }
}

#[tokio::test]
async fn remember_survives_saves_and_renewals() {
    let mut house = House::new(|b| b);
    house.get("/remember/604800").await;
    for path in ["/count", "/renew", "/count"] {
        house.clock.advance(Duration::days(1));
        assert_eq!(
            house.lifetime(path).await,
            Some((Some(WEEK), None)),
            "{path}"
        );
    }
    house.clock.advance(Duration::days(7) - MICROSECOND);
    assert!(house.is_alive().await);
}

#[tokio::test]
async fn the_next_log_in_without_remember_undoes_it() {
    let mut house = House::new(|b| b);
    house.get("/remember/604800").await;
    assert_eq!(house.lifetime("/log_in/ada").await, Some((None, None)));
    assert_eq!(house.lifetime("/count").await, None);
    house.clock.advance(Duration::days(1));
    assert!(!house.is_alive().await);
}

#[tokio::test]
async fn in_one_request_remember_holds_whether_it_comes_before_or_after_the_log_in() {
    async fn before(session: SessionData) -> Result<(), SessionError> {
        session.remember(Duration::days(7))?;
        session.log_in("ada")
    }
    async fn after(session: SessionData) -> Result<(), SessionError> {
        session.log_in("ada")?;
        session.remember(Duration::days(7))
    }
    for path in ["/before", "/after"] {
        for already in [false, true] {
            let routes = Router::new()
                .route("/before", get(before))
                .route("/after", get(after));
            let mut house = House::with_routes(Spy::new(), Clock::new(), |b| b, routes);
            if already {
                house.get("/remember/60").await;
            }
            assert_eq!(
                house.lifetime(path).await,
                Some((Some(WEEK), None)),
                "{path}"
            );
            house.clock.advance(Duration::days(7) - MICROSECOND);
            assert!(house.is_alive().await, "{path}");
        }
    }
}

#[tokio::test]
async fn the_last_remember_of_a_request_holds() {
    async fn twice(session: SessionData) -> Result<(), SessionError> {
        session.log_in("ada")?;
        session.remember(Duration::days(7))?;
        session.remember(Duration::days(2))
    }
    let routes = Router::new().route("/twice", get(twice));
    let mut house = House::with_routes(Spy::new(), Clock::new(), |b| b, routes);
    let two_days = 2 * 24 * 3600;
    assert_eq!(house.lifetime("/twice").await, Some((Some(two_days), None)));
}

#[tokio::test]
async fn remember_is_capped_by_the_absolute_limit() {
    let mut house = House::new(|b| b.timeouts(Timeouts::AAL2));
    let day = 24 * 3600;
    assert_eq!(
        house.lifetime("/remember/604800").await,
        Some((Some(day), None))
    );
    house.clock.advance(Duration::hours(20));
    assert_eq!(house.lifetime("/count").await, Some((Some(4 * 3600), None)));
    house.clock.advance(Duration::hours(4));
    assert!(!house.is_alive().await);
}

#[tokio::test]
async fn no_cookie_is_kept_for_longer_than_400_days() {
    let mut house = House::new(|b| b.absolute_timeout(Duration::days(1_000)));
    let days_400 = 400 * 24 * 3600;
    let path = format!("/remember/{}", 900 * 24 * 3600);
    assert_eq!(house.lifetime(&path).await, Some((Some(days_400), None)));
    house.clock.advance(Duration::days(399));
    assert_eq!(house.lifetime("/read").await, Some((Some(days_400), None)));
}

#[tokio::test]
async fn the_longest_durations_are_capped_rather_than_overflow() {
    let mut house = House::new(|b| b);
    let path = format!("/remember/{}", i64::MAX);
    let days_30 = 30 * 24 * 3600;
    assert_eq!(house.lifetime(&path).await, Some((Some(days_30), None)));
    assert!(house.is_alive().await);
}

#[tokio::test]
async fn less_than_a_second_cannot_be_remembered() {
    async fn try_all(session: SessionData) -> Result<String, SessionError> {
        session.insert("n", 1)?;
        let second = Duration::SECOND;
        let bad = [Duration::ZERO, -second, Duration::MIN, second - MICROSECOND];
        let refused = |d: &Duration| {
            let refused = session.remember(*d).unwrap_err();
            matches!(refused, SessionError::InvalidDuration)
        };
        Ok(bad.iter().filter(|d| refused(d)).count().to_string())
    }
    let routes = Router::new().route("/try", get(try_all));
    let mut house = House::with_routes(Spy::new(), Clock::new(), |b| b, routes);
    let reply = house.browser.get("/try").await;
    assert_eq!(reply.body, "4");
    assert_eq!(reply.set_cookie().unwrap().lifetime(), (None, None));
}

#[tokio::test]
async fn a_visitor_who_is_only_remembered_gets_no_record() {
    async fn only(session: SessionData) -> Result<(), SessionError> {
        session.remember(Duration::days(7))
    }
    let routes = Router::new().route("/only", get(only));
    let mut house = House::with_routes(Spy::new(), Clock::new(), |b| b, routes);
    assert_eq!(house.lifetime("/only").await, None);
    assert!(house.storage.inner.is_empty());
}

#[tokio::test]
async fn remembering_a_live_session_anew_is_a_write() {
    async fn only(session: SessionData) -> Result<(), SessionError> {
        session.remember(Duration::days(7))
    }
    let routes = Router::new().route("/only", get(only));
    let mut house = House::with_routes(Spy::new(), Clock::new(), |b| b, routes);
    house.get("/count").await;
    house.storage.take_calls();
    assert_eq!(house.lifetime("/only").await, Some((Some(WEEK), None)));
    assert_eq!(house.storage.take_calls().save, 1);
    assert_eq!(house.lifetime("/only").await, None);
    assert_eq!(house.storage.take_calls().save, 0);
}

#[tokio::test]
async fn a_fraction_of_a_second_is_not_remembered() {
    async fn remember(session: SessionData) -> Result<(), SessionError> {
        session.insert("n", 1)?;
        session.remember(Duration::milliseconds(90_999))
    }
    let more = Router::new().route("/", get(remember));
    let mut house = House::with_routes(Spy::new(), Clock::new(), |b| b, more);
    assert_eq!(house.lifetime("/").await, Some((Some(90), None)));
    house.storage.take_calls();
    // So a storage that keeps seconds and one that keeps more are asked for the same.
    house.get("/").await;
    assert_eq!(house.storage.take_calls().save, 0);
    house.clock.advance(Duration::seconds(90));
    assert!(!house.is_alive().await);
}

#[test]
fn the_shortest_time_to_be_remembered_for_is_a_second() {
    let session: SessionData = SessionData::detached();
    session.remember(Duration::SECOND).unwrap();
    for short in [Duration::milliseconds(999), Duration::ZERO, -Duration::DAY] {
        let refused = session.remember(short);
        assert!(matches!(refused, Err(SessionError::InvalidDuration)));
    }
}

/// Routes by which somebody is remembered from the log-in on, and changes their mind.
fn account_routes() -> Router {
    let log_in = get(async |session: SessionData| {
        session.log_in("ada")?;
        session.remember(Duration::days(7))
    });
    let again = get(async |session: SessionData| session.reauthenticated());
    let no_longer = get(async |session: SessionData| session.stop_remembering());
    let both = get(async |session: SessionData| {
        session.reauthenticated()?;
        session.stop_remembering()
    });
    Router::new()
        .route("/log_in_remembered", log_in)
        .route("/reauthenticated", again)
        .route("/stop", no_longer)
        .route("/again_and_stop", both)
}

async fn remembered() -> House {
    let (storage, clock) = (Spy::new(), Clock::new());
    let mut house = House::with_routes(storage, clock, |b| b, account_routes());
    let lifetime = house.lifetime("/log_in_remembered").await;
    assert_eq!(lifetime, Some((Some(WEEK), None)));
    house
}

#[tokio::test]
async fn who_proves_again_who_they_are_stays_remembered() {
    let mut house = remembered().await;
    let lifetime = house.lifetime("/reauthenticated").await;
    assert_eq!(lifetime, Some((Some(WEEK), None)));
    house.clock.advance(Duration::days(6));
    assert!(house.is_alive().await);
}

#[tokio::test]
async fn another_log_in_decides_anew() {
    let mut house = remembered().await;
    assert_eq!(house.lifetime("/log_in/ada").await, Some((None, None)));
    house.clock.advance(Duration::days(1));
    assert!(!house.is_alive().await);
}

#[tokio::test]
async fn remember_can_be_taken_back_without_a_log_in() {
    for path in ["/stop", "/again_and_stop"] {
        let mut house = remembered().await;
        // The browser is sent the cookie without an age.
        assert_eq!(house.lifetime(path).await, Some((None, None)), "{path}");
        house.clock.advance(Duration::days(1) - MICROSECOND);
        assert!(house.is_alive().await);
        house.clock.advance(Duration::days(1));
        assert!(!house.is_alive().await);
    }
}

#[tokio::test]
async fn where_nobody_is_remembered_there_is_nothing_to_take_back() {
    let mut house = House::with_routes(Spy::new(), Clock::new(), |b| b, account_routes());
    house.get("/log_in/ada").await;
    house.storage.take_calls();
    assert_eq!(house.lifetime("/stop").await, None);
    assert_eq!(house.storage.take_calls().total(), 1);
}

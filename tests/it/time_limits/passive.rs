//! A look that is no activity.

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::get;
use axum_bare_session::{
    Duration, PassiveSession, SessionData, SessionError, SessionsBuilder, SigningKey, no_activity,
};

use super::{House, MICROSECOND};
use crate::support::{Calls, Clock, Spy};

const LOAD: Calls = Calls {
    load: 1,
    save: 0,
    touch: 0,
    delete: 0,
    delete_owned: 0,
    list: 0,
};

async fn count(session: &SessionData) -> Result<String, SessionError> {
    Ok(session.get::<u64>("count")?.unwrap_or(0).to_string())
}

/// The minutes that are left, by the idle and by the absolute limit.
fn left(session: &SessionData) -> String {
    let minutes = |left: Option<Duration>| left.unwrap().whole_minutes();
    let (idle, absolute) = (session.idle_remaining(), session.absolute_remaining());
    format!("{} {}", minutes(idle), minutes(absolute))
}

fn routes() -> Router {
    let quiet = Router::new()
        .route("/group/read", get(async |s: SessionData| count(&s).await))
        .route("/group/write", get(async |s: SessionData| s.insert("x", 1)))
        .route_layer(from_fn(no_activity));
    let both = async |passive: PassiveSession, _: SessionData| count(&passive).await;
    Router::new()
        .route("/look", get(async |s: PassiveSession| count(&s).await))
        .route("/left", get(async |s: PassiveSession| left(&s)))
        .route("/left_active", get(async |s: SessionData| left(&s)))
        .route("/both", get(both))
        .route("/through", get(async |s: PassiveSession| s.insert("x", 1)))
        .route("/renew_through", get(async |s: PassiveSession| s.renew()))
        .route("/leave_through", get(async |s: PassiveSession| s.log_out()))
        .merge(quiet)
}

fn house(configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder) -> House {
    House::with_routes(Spy::new(), Clock::new(), configure, routes())
}

#[tokio::test]
async fn a_look_reads_and_keeps_no_session_alive() {
    for path in ["/look", "/group/read"] {
        let mut house = house(|b| b.idle_timeout(Duration::HOUR));
        house.get("/count").await;
        house.storage.take_calls();
        for _ in 0..5 {
            house.clock.advance(Duration::minutes(11));
            let reply = house.browser.get(path).await;
            assert_eq!(
                (&*reply.body, reply.set_cookies().len()),
                ("1", 0),
                "{path}"
            );
            assert_eq!(house.storage.take_calls(), LOAD, "{path}");
        }
        house.clock.advance(Duration::minutes(5) - MICROSECOND);
        assert_eq!(house.get(path).await, "1");
        house.clock.advance(MICROSECOND);
        assert_eq!(house.get(path).await, "0", "{path}");
    }
}

#[tokio::test]
async fn the_same_visits_with_activity_keep_it_alive() {
    let mut house = house(|b| b.idle_timeout(Duration::HOUR));
    house.get("/count").await;
    for path in [
        "/read",
        "/both",
        "/through",
        "/group/write",
        "/both",
        "/read",
    ] {
        house.clock.advance(Duration::minutes(55));
        house.get(path).await;
    }
    assert!(house.is_alive().await);
}

/// A session that ends within a minute is touched when it is opened, and by a look it is not.
#[tokio::test]
async fn a_look_in_the_last_minute_puts_no_end_off() {
    let mut house = house(|b| b.idle_timeout(Duration::HOUR));
    house.get("/count").await;
    house.clock.advance(Duration::HOUR - Duration::seconds(10));
    house.storage.take_calls();
    assert_eq!(house.get("/look").await, "1");
    assert_eq!(house.storage.take_calls(), LOAD);
    assert_eq!(house.get("/both").await, "1");
    assert_eq!(house.storage.take_calls().touch, 1);
    house.clock.advance(Duration::minutes(30));
    assert!(house.is_alive().await);
}

#[tokio::test]
async fn no_look_sends_a_cookie_again_that_is_due() {
    let key = |byte: u8| SigningKey::new([byte; 32]).unwrap();
    let mut house = house(|b| b.max_age(Duration::HOUR).signing_keys([key(1)]));
    house.get("/count").await;
    house.clock.advance(Duration::minutes(50));
    assert_eq!(house.browser.get("/look").await.set_cookies(), [""; 0]);
    assert!(house.browser.get("/read").await.set_cookie().is_some());

    // Signed with a key that signs no more.
    let rotated = |b: SessionsBuilder| b.signing_keys([key(2), key(1)]);
    let mut now = House::with_routes(house.storage, house.clock, rotated, routes());
    now.browser.cookies = house.browser.cookies;
    assert_eq!(now.browser.get("/look").await.set_cookies(), [""; 0]);
    assert!(now.browser.get("/read").await.set_cookie().is_some());
}

#[tokio::test]
async fn no_look_renews_a_secret() {
    let mut house = house(|b| b.renewal_interval(Duration::minutes(15)));
    house.get("/count").await;
    house.clock.advance(Duration::minutes(16));
    let reply = house.browser.get("/look").await;
    assert_eq!((&*reply.body, reply.set_cookies().len()), ("1", 0));
    assert!(house.browser.get("/read").await.set_cookie().is_some());
    // Nor does it count as the first use of the successor.
    house.storage.take_calls();
    house.get("/look").await;
    assert_eq!(house.storage.take_calls(), LOAD);
}

#[tokio::test]
async fn what_is_changed_through_a_look_is_saved_and_sent() {
    let mut house = house(|b| b);
    house.get("/count").await;
    assert!(
        house
            .browser
            .get("/renew_through")
            .await
            .set_cookie()
            .is_some()
    );
    house.get("/through").await;
    assert_eq!(house.browser.get("/look").await.body, "1");
    let reply = house.browser.get("/leave_through").await;
    assert_eq!(reply.set_cookie().unwrap().value, "");
    assert!(!house.is_alive().await);
}

#[tokio::test]
async fn a_visitor_without_a_session_gets_none_by_a_look() {
    let mut house = house(|b| b);
    let reply = house.browser.get("/look").await;
    assert_eq!((&*reply.body, reply.set_cookies().len()), ("0", 0));
    assert_eq!(reply.headers["vary"], "Cookie");
}

#[tokio::test]
async fn a_look_tells_both_times_that_remain() {
    let hour = Duration::HOUR;
    let mut house = house(|b| b.idle_timeout(hour).absolute_timeout(3 * hour));
    house.get("/count").await;
    house.clock.advance(Duration::minutes(50));
    for _ in 0..2 {
        assert_eq!(house.get("/left").await, "10 130");
    }
    assert_eq!(house.get("/left_active").await, "60 130");
    assert_eq!(house.get("/left").await, "60 130");
}

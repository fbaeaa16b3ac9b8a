use axum_bare_session::{Duration, Timeouts};

use super::{House, MICROSECOND};

#[tokio::test]
async fn a_session_is_alive_one_microsecond_before_its_idle_limit_and_dead_exactly_at_it() {
    for (short, alive) in [(MICROSECOND, true), (Duration::ZERO, false)] {
        let mut house = House::new(|b| b.idle_timeout(Duration::hours(1)));
        house.get("/count").await;
        house.clock.advance(Duration::hours(1) - short);
        assert_eq!(house.is_alive().await, alive, "{short}");
    }
}

#[tokio::test]
async fn a_session_is_dead_exactly_at_its_absolute_limit_however_active_it_was() {
    for (short, alive) in [(MICROSECOND, true), (Duration::ZERO, false)] {
        let mut house = House::new(|b| b.timeouts(Timeouts::AAL2));
        house.get("/count").await;
        for _ in 0..47 {
            house.clock.advance(Duration::minutes(30));
            assert_ne!(house.get("/count").await, "1");
        }
        house.clock.advance(Duration::minutes(30) - short);
        assert_eq!(house.is_alive().await, alive, "{short}");
    }
}

#[tokio::test]
async fn fractions_of_a_microsecond_neither_prolong_nor_shorten_a_session() {
    for (short, alive) in [(1, true), (0, false)] {
        let mut house = House::new(|b| b.idle_timeout(Duration::hours(1)));
        house.clock.advance(Duration::nanoseconds(999));
        house.get("/count").await;
        let nanoseconds = Duration::nanoseconds(999 + short);
        house.clock.advance(Duration::hours(1) - nanoseconds);
        assert_eq!(house.is_alive().await, alive, "{short}");
    }
}

#[tokio::test]
async fn the_default_limits_are_a_day_idle_and_thirty_days_in_all() {
    let mut idle = House::new(|b| b);
    idle.get("/count").await;
    idle.clock.advance(Duration::days(1) - MICROSECOND);
    assert!(idle.is_alive().await);
    idle.clock.advance(Duration::days(1));
    assert!(!idle.is_alive().await);

    let mut absolute = House::new(|b| b);
    absolute.get("/count").await;
    for _ in 0..59 {
        absolute.clock.advance(Duration::hours(12));
        assert!(absolute.is_alive().await);
    }
    absolute.clock.advance(Duration::hours(12));
    assert!(!absolute.is_alive().await);
}

#[tokio::test]
async fn a_storage_alone_has_the_default_limits() {
    let sessions = axum_bare_session::Sessions::from(crate::support::Spy::new());
    let shown = format!("{sessions:?}");
    let expected = format!("timeouts: {:?}", Timeouts::default());
    assert!(shown.contains(&expected), "{shown}");
}

#[test]
fn the_presets_are_those_of_nist_sp_800_63b_4() {
    let limits = |t: Timeouts| (t.idle, t.absolute);
    let (aal1, aal2, aal3) = (Timeouts::AAL1, Timeouts::AAL2, Timeouts::AAL3);
    assert_eq!(limits(aal1), (Duration::days(30), Duration::days(30)));
    assert_eq!(limits(aal2), (Duration::hours(1), Duration::hours(24)));
    assert_eq!(limits(aal3), (Duration::minutes(15), Duration::hours(12)));
}

#[tokio::test]
async fn each_preset_builds_and_ends_an_idle_session_at_its_idle_limit() {
    for preset in [Timeouts::AAL1, Timeouts::AAL2, Timeouts::AAL3] {
        for (short, alive) in [(MICROSECOND, true), (Duration::ZERO, false)] {
            let mut house = House::new(|b| b.timeouts(preset));
            house.get("/count").await;
            house.clock.advance(preset.idle - short);
            assert_eq!(house.is_alive().await, alive, "{preset:?}");
        }
    }
}

#[tokio::test]
async fn expiry_is_checked_at_load_though_the_record_is_still_stored() {
    let mut house = House::new(|b| b.idle_timeout(Duration::hours(1)));
    house.get("/count").await;
    house.clock.advance(Duration::hours(1));
    assert_eq!(house.storage.inner.len(), 1);
    house.storage.take_calls();
    assert!(!house.is_alive().await);
    assert_eq!(house.storage.take_calls().load, 1);
    assert_eq!(house.storage.inner.len(), 1);
}

#[tokio::test]
async fn what_a_visitor_writes_after_expiry_goes_into_a_new_session() {
    let mut house = House::new(|b| b.idle_timeout(Duration::hours(1)));
    house.get("/count").await;
    house.get("/count").await;
    let old = house.browser.cookies.clone();
    house.clock.advance(Duration::hours(1));
    assert_eq!(house.get("/count").await, "1");
    assert_ne!(house.browser.cookies, old);
    let id = |cookies: &std::collections::BTreeMap<String, String>| {
        crate::support::id_of(&cookies["__Host-Http-id"])
    };
    assert_ne!(id(&house.browser.cookies), id(&old));
}

#[tokio::test]
async fn limits_shortened_in_the_configuration_end_older_sessions() {
    let mut before = House::new(|b| b.timeouts(Timeouts::AAL1));
    before.get("/count").await;
    let (storage, clock) = (before.storage.clone(), before.clock.clone());
    let mut after = House::over(storage, clock, |b| b.timeouts(Timeouts::AAL3));
    after.browser.cookies = before.browser.cookies.clone();

    before.clock.advance(Duration::minutes(15));
    assert!(!after.is_alive().await);
    assert!(before.is_alive().await);
}

#[tokio::test]
async fn a_shortened_absolute_limit_ends_an_active_older_session() {
    let mut before = House::new(|b| b.timeouts(Timeouts::AAL1));
    before.get("/count").await;
    before.clock.advance(Duration::hours(12) - MICROSECOND);
    before.get("/count").await;
    let (storage, clock) = (before.storage.clone(), before.clock.clone());
    let mut after = House::over(storage, clock, |b| b.timeouts(Timeouts::AAL3));
    after.browser.cookies = before.browser.cookies.clone();

    assert_eq!(after.get("/read").await, "2");
    before.clock.advance(MICROSECOND);
    assert!(!after.is_alive().await);
}

#[tokio::test]
async fn limits_lengthened_in_the_configuration_revive_no_session_that_had_ended() {
    let mut before = House::new(|b| b.timeouts(Timeouts::AAL3));
    before.get("/count").await;
    let (storage, clock) = (before.storage.clone(), before.clock.clone());
    let mut after = House::over(storage, clock, |b| b.timeouts(Timeouts::AAL1));
    after.browser.cookies = before.browser.cookies.clone();
    before.clock.advance(Duration::minutes(15));
    assert!(!after.is_alive().await);
}

#[tokio::test]
async fn sessions_ended_by_shortened_limits_are_not_listed_as_live() {
    let mut before = House::new(|b| b.timeouts(Timeouts::AAL1));
    before.get("/log_in/ada").await;
    let (storage, clock) = (before.storage.clone(), before.clock.clone());
    let after = House::over(storage, clock, |b| b.timeouts(Timeouts::AAL3));
    before.clock.advance(Duration::minutes(15) - MICROSECOND);
    assert_eq!(after.sessions.list("ada").await.unwrap().len(), 1);
    before.clock.advance(MICROSECOND);
    assert_eq!(after.sessions.list("ada").await.unwrap().len(), 0);
}

//! Processes of other configurations, other routers, and what the builder says.

use axum_bare_session::{CachedSessionStorage, ConfigError, SameSite};

use super::*;

/// A browser with the cookies of another.
fn with_cookies_of(browser: &Browser, app: Router) -> Browser {
    let mut other = Browser::new(app);
    other.cookies = browser.cookies.clone();
    other
}

#[tokio::test]
async fn a_process_that_binds_none_keeps_a_binding_and_opens_no_bound_session_without_proof() {
    let mut house = House::new();
    let (browser, mut device) = house.bound().await;
    let builder = Sessions::builder(house.storage.clone()).clock(house.clock.reader());
    let without = builder.build().unwrap();
    let app = add_session_middleware(routes(), without);
    let bound_at = house.listed().await[0].bound_at();
    let mut there = with_cookies_of(&browser, app);
    let mut thief = there.clone();
    thief.drop_bound_cookie();
    assert_eq!(thief.get("/owner").await.body, "");
    for path in ["/owner", "/count", "/renew", "/again", "/log_in"] {
        assert_eq!(there.get(path).await.status, 200, "{path}");
        assert_eq!(house.listed().await[0].bound_at(), bound_at, "{path}");
    }
    let mut back = with_cookies_of(&there, house.app.clone());
    assert_eq!(back.get("/owner").await.body, "ada");
    assert_eq!(back.refresh(&mut device).await.status, 200);
    // There are no endpoints there.
    assert_eq!(there.refresh(&mut device).await.status, 404);
    there.get("/keeping").await;
    assert_eq!(there.get("/count").await.status, 200);
}

#[tokio::test]
async fn what_one_process_gave_another_takes() {
    let mut house = House::new();
    let (browser, mut device) = house.bound().await;
    let builder = Sessions::builder(house.storage.clone()).clock(house.clock.reader());
    let other = builder.device_bound(PATH).build().unwrap();
    let mut there = with_cookies_of(&browser, add_session_middleware(routes(), other));
    assert_eq!(there.get("/keys").await.body, "ada");
    assert_eq!(there.refresh(&mut device).await.status, 200);
    let mut here = with_cookies_of(&there, house.app.clone());
    assert_eq!(here.refresh(&mut device).await.status, 200);
}

#[tokio::test]
async fn a_process_whose_clock_is_ahead_takes_no_bound_cookie_for_stolen() {
    for ahead in [Duration::minutes(75), Duration::hours(2)] {
        let mut house = House::new();
        let (browser, _) = house.bound().await;
        let now = house.clock.reader();
        let other = Sessions::builder(house.storage.clone()).clock(move || now() + ahead);
        let other = other.suspected_theft(SuspectedTheft::EndSession);
        let other = other.device_bound(PATH).build().unwrap();
        let mut there = with_cookies_of(&browser, add_session_middleware(routes(), other));
        assert_eq!(there.get("/owner").await.body, "");
        assert_eq!(house.listed().await.len(), 1);
        let mut here = with_cookies_of(&browser, house.app.clone());
        assert_eq!(here.get("/owner").await.body, "ada");
    }
}

#[tokio::test]
async fn a_cache_that_has_not_heard_of_a_registration_refuses_no_refresh() {
    let house = House::new();
    let cached = CachedSessionStorage::new(house.storage.clone());
    let builder = Sessions::builder(cached).clock(house.clock.reader());
    let other = builder.device_bound(PATH).build().unwrap();
    let app = add_session_middleware(routes(), other);
    let (mut browser, mut device) = (house.browser(), Device::new(1));
    let challenge = browser.log_in_with_offer().await;
    let mut there = with_cookies_of(&browser, app);
    assert_eq!(there.get("/owner").await.body, "ada");
    let reply = browser.register(&device.registration(&challenge)).await;
    device.keep(&reply);
    assert_eq!(there.refresh(&mut device).await.status, 200);
}

#[tokio::test]
async fn the_endpoints_are_at_the_path_that_the_browser_knows() {
    let clock = Clock::new();
    let builder = Sessions::builder(MemorySessionStorage::new()).clock(clock.reader());
    let sessions = builder.device_bound("/shop/bound").build().unwrap();
    // A nested router answers for the routes it has.
    let log_in = async |session: SessionData| session.log_in("ada");
    let inner = Router::new()
        .route("/log_in", get(log_in))
        .route("/bound/{endpoint}", get(|| async { "never" }));
    let app = Router::new().nest("/shop", add_session_middleware(inner, sessions.clone()));
    let (mut browser, device) = (Browser::new(app), Device::new(1));
    let reply = browser.get("/shop/log_in").await;
    let header = reply.headers["secure-session-registration"]
        .to_str()
        .unwrap();
    assert!(
        header.contains(r#"path="/shop/bound/register""#),
        "{header}"
    );
    let challenge = header.split('"').nth(3).unwrap();
    let proof = device.registration(challenge);
    let headers = [("secure-session-response".parse().unwrap(), proof.as_bytes())];
    let reply = browser
        .send(Method::POST, "/shop/bound/register", &headers)
        .await;
    assert_eq!(reply.status, 200);
    assert!(sessions.list("ada").await.unwrap()[0].bound_at().is_some());
}

#[tokio::test]
async fn without_the_option_there_is_no_endpoint_no_offer_and_nothing_stored() {
    let storage = Spy::new();
    let sessions = Sessions::builder(storage.clone()).build().unwrap();
    let mut browser = Browser::new(add_session_middleware(routes(), sessions.clone()));
    assert_eq!(offered(&browser.get("/log_in").await), None);
    assert_eq!(browser.register("x").await.status, 404);
    let reply = browser.get("/log_out").await;
    assert_eq!(reply.set_cookies().len(), 1);
    assert!(!sessions.policy().to_string().contains("Device"));
}

#[test]
fn the_policy_tells_that_sessions_are_bound() {
    let house = House::new();
    let policy = house.sessions.policy().to_string();
    let line = "Device: bound where the browser can, proven every 10m; without that proof a bound session is refused\n";
    assert!(policy.contains(line), "{policy}");
}

#[test]
fn a_path_or_a_cookie_that_no_browser_would_bind_is_refused() {
    let build = |configure: fn(SessionsBuilder) -> SessionsBuilder| {
        configure(Sessions::builder(MemorySessionStorage::new()))
            .build()
            .map(drop)
    };
    for configure in [
        (|b| b.device_bound("")) as fn(SessionsBuilder) -> SessionsBuilder,
        |b| b.device_bound("/"),
        |b| b.device_bound("bound"),
        |b| b.device_bound("/bound/"),
        |b| b.device_bound("/a\"b"),
        |b| b.device_bound("/a\r\nb"),
        |b| b.device_bound("/bound").path("/shop"),
        |b| b.device_bound("/shopping").path("/shop"),
        |b| b.device_bound("/shopping").path("/shop/"),
    ] {
        assert!(matches!(
            build(configure),
            Err(ConfigError::DeviceBoundPath { .. })
        ));
    }
    for configure in [
        (|b| b.device_bound("/bound").secure(false)) as fn(SessionsBuilder) -> SessionsBuilder,
        |b| b.device_bound("/bound").domain("example.com"),
        |b| {
            b.device_bound("/bound")
                .same_site(SameSite::None)
                .partitioned(true)
        },
    ] {
        assert_eq!(build(configure), Err(ConfigError::DeviceBoundCookie));
    }
    assert_eq!(
        build(|b| b.device_bound("/shop/bound").path("/shop")),
        Ok(())
    );
    assert_eq!(
        build(|b| b.device_bound("/shop/bound").path("/shop/")),
        Ok(())
    );
}

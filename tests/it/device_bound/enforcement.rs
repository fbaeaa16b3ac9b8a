use super::*;

#[tokio::test]
async fn without_a_bound_cookie_a_bound_session_is_none_after_a_grace() {
    let mut house = House::new();
    let (mut browser, mut device) = (house.browser(), Device::new(1));
    browser.log_in_on(&mut device).await;
    let copied = browser.cookies[COOKIE_NAME].clone();
    let mut thief = house.browser();
    thief.cookies.insert(COOKIE_NAME.to_owned(), copied);
    assert_eq!(thief.get("/owner").await.body, "ada");
    house.clock.advance(Duration::seconds(10));
    house.take_events();
    let reply = thief.get("/owner").await;
    assert_eq!((reply.body.as_str(), reply.set_cookies().len()), ("", 0));
    assert_eq!(house.take_events(), [SessionEventKind::DeviceNotProven]);
    assert_eq!(browser.get("/owner").await.body, "ada");
    let found = house.sessions.find_by_cookie(thief.cookie().unwrap()).await;
    assert!(found.unwrap().is_none());
    let found = house
        .sessions
        .find_by_cookie(browser.cookie().unwrap())
        .await;
    assert!(found.unwrap().is_some());
}

#[tokio::test]
async fn what_else_a_thief_brings_does_not_matter() {
    let mut house = House::new();
    let (browser, _) = house.bound().await;
    let (mut other, mut of_other) = (house.browser(), Device::new(2));
    other.log_in_on(&mut of_other).await;
    let stolen = browser.cookies[COOKIE_NAME].as_str();
    let of_other = other.bound_cookie().unwrap().clone();
    let bound = browser.bound_cookie().unwrap();
    for cookies in [
        format!("{COOKIE_NAME}={stolen}; {BOUND_NAME}={of_other}"),
        format!("{COOKIE_NAME}={stolen}; {BOUND_NAME}="),
        format!("{COOKIE_NAME}={stolen}; {BOUND_NAME}={stolen}"),
        format!("{COOKIE_NAME}={stolen}; {BOUND_NAME}={bound}="),
        format!("{COOKIE_NAME}={stolen}; __Host-Id-bound={bound}"),
        format!("{COOKIE_NAME}={stolen}; sid-bound={bound}"),
        format!("{BOUND_NAME}={bound}"),
    ] {
        let reply = other
            .get_with_cookies("/owner", &[cookies.as_bytes()])
            .await;
        assert_eq!(reply.body, "", "{cookies}");
    }
    let skipped = [
        (
            "secure-session-skipped".parse().unwrap(),
            &b"unreachable;session_identifier=\"x\""[..],
        ),
        ("authorization".parse().unwrap(), b"Bearer x"),
    ];
    let mut thief = house.browser();
    thief
        .cookies
        .insert(COOKIE_NAME.to_owned(), stolen.to_owned());
    let log = Log::new();
    assert_eq!(thief.send(Method::GET, "/owner", &skipped).await.body, "");
    assert!(log.text().contains("unreachable"));
    let forged = [(
        "secure-session-skipped".parse().unwrap(),
        &b"forged\tby anybody"[..],
    )];
    let log = Log::new();
    assert_eq!(thief.send(Method::GET, "/owner", &forged).await.body, "");
    assert!(!log.text().contains("forged"));
    // Beside others, the good one counts.
    let both = format!(
        "{BOUND_NAME}=x; {}; {BOUND_NAME}={of_other}",
        browser.cookie().unwrap()
    );
    let reply = other.get_with_cookies("/owner", &[both.as_bytes()]).await;
    assert_eq!(reply.body, "ada");
}

#[tokio::test]
async fn all_cookies_copied_are_worth_ten_minutes_and_tell_of_the_theft_two_hours_later() {
    for policy in [SuspectedTheft::Refuse, SuspectedTheft::EndSession] {
        let mut house = House::configured(|builder| builder.suspected_theft(policy));
        let (mut browser, mut device) = house.bound().await;
        // A thief keeps what a response takes away.
        let stolen = browser.clone();
        let theft = async || stolen.clone().get("/owner").await.body;
        assert_eq!(theft().await, "ada");
        house.clock.advance(Duration::minutes(9));
        browser.drop_bound_cookie();
        assert_eq!(browser.refresh(&mut device).await.status, 200);
        assert_eq!(house.take_events(), []);
        // Ten minutes after it was made, it may be a slow request of the browser's own.
        assert_eq!(theft().await, "");
        assert_eq!(house.take_events(), [SessionEventKind::DeviceNotProven]);
        house.clock.advance(Duration::hours(2));
        browser.drop_bound_cookie();
        assert_eq!(browser.refresh(&mut device).await.status, 200);
        assert_eq!(theft().await, "");
        let told = house.take_events();
        let ends = policy == SuspectedTheft::EndSession;
        assert_eq!(told[0], SessionEventKind::SuspectedTheft);
        assert_eq!(told.contains(&SessionEventKind::Revoked), ends, "{told:?}");
        let owner = browser.get("/owner").await.body;
        assert_eq!(owner, if ends { "" } else { "ada" });
    }
}

/// A browser refreshes no cookie that it has, and has it for longer if its clock was set back.
#[tokio::test]
async fn a_bound_cookie_that_is_refused_for_its_age_is_taken_away_so_that_the_browser_gets_another()
{
    for kept_for in [Duration::minutes(20), Duration::DAY / 2] {
        let mut house = House::new();
        let (mut browser, mut device) = house.bound().await;
        house.clock.advance(kept_for);
        let reply = browser.get("/owner").await;
        assert_eq!(reply.body, "");
        assert_eq!(reply.headers["cache-control"], "no-store");
        assert_eq!(browser.cookies.len(), 1, "the session's is left alone");
        assert_eq!(browser.refresh(&mut device).await.status, 200);
        let reply = browser.get("/owner").await;
        assert_eq!((&*reply.body, reply.set_cookies().len()), ("ada", 0));

        let foreign = "x".to_owned();
        browser.cookies.insert(BOUND_NAME.to_owned(), foreign);
        let reply = browser.get("/owner").await;
        assert_eq!((&*reply.body, reply.set_cookies().len()), ("", 0));
    }
}

#[tokio::test]
async fn a_browser_that_is_refused_can_log_in_and_log_out() {
    let mut house = House::new();
    let (mut browser, _) = house.bound().await;
    browser.drop_bound_cookie();
    let id = house.listed().await[0].id();
    assert_eq!(browser.get("/owner").await.body, "");
    assert_eq!(house.listed().await.len(), 1);
    assert_eq!(browser.get("/log_in").await.status, 200);
    assert_eq!(browser.get("/owner").await.body, "ada");
    let listed = house.listed().await;
    assert_eq!(listed.len(), 1);
    assert_ne!(listed[0].id(), id);

    let (mut browser, _) = house.bound().await;
    browser.drop_bound_cookie();
    let reply = browser.get("/log_out").await;
    assert_eq!(reply.status, 200);
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
    assert_eq!(house.listed().await.len(), 1);
}

#[tokio::test]
async fn a_log_out_removes_both_cookies_and_ends_both() {
    let mut house = House::new();
    let (mut browser, mut device) = house.bound().await;
    let copy = browser.clone();
    let reply = browser.get("/log_out").await;
    let removed = reply.set_cookies().into_iter().map(SetCookie::parse);
    let mut removed: Vec<_> = removed.map(|it| (it.name, it.value)).collect();
    removed.sort();
    let names = [COOKIE_NAME.to_owned(), BOUND_NAME.to_owned()];
    assert_eq!(removed, names.map(|name| (name, String::new())));
    assert!(browser.cookies.is_empty());
    let mut copy = copy;
    assert_eq!(copy.get("/owner").await.body, "");
    assert_eq!(copy.refresh(&mut device).await.status, 401);

    let (mut browser, mut device) = house.bound().await;
    browser.get("/keeping").await;
    assert_eq!(browser.refresh(&mut device).await.status, 401);
    browser.drop_bound_cookie();
    assert_eq!(browser.get("/owner").await.body, "");
}

#[tokio::test]
async fn a_route_can_require_a_binding() {
    let mut house = House::new();
    let (mut browser, mut device) = (house.browser(), Device::new(1));
    assert_eq!(browser.get("/keys").await.status, 403);
    let challenge = browser.log_in_with_offer().await;
    assert_eq!(browser.get("/keys").await.status, 403);
    let mut copy = browser.clone();
    let reply = browser.register(&device.registration(&challenge)).await;
    device.keep(&reply);
    assert_eq!(browser.get("/keys").await.body, "ada");
    // Within the grace the session is open to who has no bound cookie, and the route is not.
    assert_eq!(copy.get("/owner").await.body, "ada");
    assert_eq!(copy.get("/keys").await.status, 403);
    house.clock.advance(Duration::minutes(9));
    assert_eq!(browser.get("/keys").await.body, "ada");
    house.clock.advance(Duration::MINUTE);
    assert_eq!(browser.get("/keys").await.status, 403);
    browser.drop_bound_cookie();
    assert_eq!(browser.refresh(&mut device).await.status, 200);
    assert_eq!(browser.get("/keys").await.body, "ada");
    house.take_events();
}

#[tokio::test]
async fn a_browser_without_the_feature_goes_on_as_before() {
    let mut house = House::new();
    let mut browser = house.browser();
    browser.log_in_with_offer().await;
    for _ in 0..20 {
        house.clock.advance(Duration::HOUR);
        let reply = browser.get("/owner").await;
        assert_eq!((reply.body.as_str(), reply.set_cookies().len()), ("ada", 0));
    }
    use SessionEventKind::{Created, LoggedIn};
    assert_eq!(house.take_events(), [Created, LoggedIn]);
}

#[tokio::test]
async fn no_log_shows_a_key_a_challenge_or_a_cookie() {
    let mut house = House::new();
    let log = Log::new();
    let (mut browser, mut device) = house.bound().await;
    let secrets = [
        browser.bound_cookie().unwrap().clone(),
        device.challenge.clone(),
        browser.cookies[COOKIE_NAME][24..].to_owned(),
    ];
    browser.refresh(&mut device).await;
    browser
        .refresh_with(&device.identifier, Some("x.y.z"))
        .await;
    browser.register("x.y.z").await;
    browser.drop_bound_cookie();
    browser.get("/owner").await;
    let text = log.text();
    assert!(text.contains("session bound to a device"), "{text}");
    assert!(text.contains("the device's key was not proven"), "{text}");
    for secret in secrets {
        assert!(!text.contains(&secret), "{text}");
    }
}

/// A browser proves nothing for the page of another site that leads here.
#[tokio::test]
async fn who_comes_from_another_site_is_asked_once_more_for_themselves() {
    let mut house = House::new();
    let (browser, _) = house.bound().await;
    let visit = async |mut browser: Browser, mode: &str, site: &str| {
        let headers = [
            ("sec-fetch-mode".parse().unwrap(), mode.as_bytes()),
            ("sec-fetch-site".parse().unwrap(), site.as_bytes()),
        ];
        let reply = browser.send(Method::GET, "/owner", &headers).await;
        let asks = reply
            .headers
            .get("refresh")
            .map(|it| it.to_str().unwrap().to_owned());
        assert_eq!(
            asks.is_some(),
            reply
                .headers
                .get("cache-control")
                .is_some_and(|it| it == "no-store")
        );
        asks
    };
    let mut refused = browser.clone();
    refused.drop_bound_cookie();
    for site in ["cross-site", "same-site"] {
        let asks = visit(refused.clone(), "navigate", site).await;
        assert_eq!(asks.as_deref(), Some("0"), "{site}");
        assert_eq!(visit(refused.clone(), "cors", site).await, None);
        assert_eq!(visit(browser.clone(), "navigate", site).await, None);
        assert_eq!(visit(house.browser(), "navigate", site).await, None);
    }
    // Not again and again.
    assert_eq!(
        visit(refused.clone(), "navigate", "same-origin").await,
        None
    );
    assert_eq!(visit(refused, "navigate", "none").await, None);
}

/// Whoever knows the session's secret is given one by the endpoint, and has no key to sign it with.
#[tokio::test]
async fn a_challenge_is_no_bound_cookie() {
    let mut house = House::new();
    let (browser, device) = house.bound().await;
    let mut thief = house.browser();
    let stolen = browser.cookies[COOKIE_NAME].clone();
    thief.cookies.insert(COOKIE_NAME.to_owned(), stolen);
    let reply = thief.refresh_with(&device.identifier, None).await;
    assert_eq!(reply.status, 403);
    let mut given = device.clone();
    given.keep(&reply);
    thief.cookies.insert(BOUND_NAME.to_owned(), given.challenge);
    assert_eq!(thief.get("/owner").await.body, "");
}

use super::*;

#[tokio::test]
async fn it_is_one_call_that_loads_and_writes_nothing() {
    let mut house = House::new();
    let (mut browser, mut device) = house.bound().await;
    house.clock.advance(Duration::minutes(8));
    let former = browser.bound_cookie().unwrap().clone();
    let proof = device.proof(&device.challenge);
    let reply = browser.refresh_with(&device.identifier, Some(&proof)).await;
    assert_eq!(reply.status, 200);
    let calls = house.storage.take_calls();
    assert_eq!((calls.load, calls.total()), (1, 1), "{calls:?}");
    device.keep(&reply);
    let cookie = reply.set_cookie().unwrap();
    assert_eq!(cookie.attribute("Max-Age"), Some("570"));
    assert_ne!(cookie.value, former);
    assert_eq!(house.take_events(), []);
    // Other requests bring the former one for a while.
    browser.cookies.insert(cookie.name.clone(), former);
    assert_eq!(browser.get("/owner").await.body, "ada");
    browser.cookies.insert(cookie.name, cookie.value);
    house.clock.advance(Duration::minutes(9));
    assert_eq!(browser.get("/owner").await.body, "ada");
}

#[tokio::test]
async fn a_day_of_them_keeps_the_session_open() {
    let mut house = House::new();
    let (mut browser, mut device) = house.bound().await;
    for _ in 0..150 {
        house.clock.advance(Duration::seconds(570));
        browser.drop_bound_cookie();
        assert_eq!(browser.refresh(&mut device).await.status, 200);
        assert_eq!(browser.get("/owner").await.body, "ada");
    }
    assert_eq!(house.take_events(), []);
}

#[tokio::test]
async fn without_a_challenge_or_with_a_stale_one_another_is_given() {
    let mut house = House::new();
    let (mut browser, mut device) = house.bound().await;
    let identifier = device.identifier.clone();
    let reply = browser.refresh_with(&identifier, None).await;
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (403, 0));
    assert_eq!(reply.headers["cache-control"], "no-store");
    let stale = device.proof(&device.challenge);
    house.clock.advance(Duration::minutes(19));
    let reply = browser.refresh_with(&identifier, Some(&stale)).await;
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (403, 0));
    device.keep(&reply);
    let fresh = device.proof(&device.challenge);
    let reply = browser.refresh_with(&identifier, Some(&fresh)).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn it_needs_the_cookie_of_a_session_that_lives() {
    let mut house = House::new();
    let (browser, device) = house.bound().await;
    let refused = async |mut browser: Browser| {
        let reply = browser.refresh(&mut device.clone()).await;
        assert_eq!(reply.set_cookies().is_empty(), reply.status != 200);
        reply.status.as_u16()
    };
    // A browser refreshes also where its cookies were removed.
    let mut without = browser.clone();
    without.cookies.remove(COOKIE_NAME);
    assert_eq!(refused(without).await, 401);
    let mut empty = browser.clone();
    empty.cookies.clear();
    assert_eq!(refused(empty).await, 401);
    let mut forged = browser.clone();
    let value = forged.cookies.get_mut(COOKIE_NAME).unwrap();
    value.replace_range(40..41, if &value[40..41] == "A" { "B" } else { "A" });
    assert_eq!(refused(forged).await, 401);
    let mut other = house.browser();
    other.log_in_with_offer().await;
    assert_eq!(refused(other).await, 401);
    assert_eq!(refused(browser.clone()).await, 200);
    browser.clone().get("/log_out").await;
    assert_eq!(refused(browser).await, 401);
    assert_eq!(house.storage.take_calls().save, 1);
}

#[tokio::test]
async fn revocation_and_the_limits_end_it() {
    for ends in ["revoked", "idle", "absolute"] {
        let mut house = House::configured(|builder| {
            builder
                .idle_timeout(Duration::HOUR)
                .absolute_timeout(Duration::hours(2))
        });
        let (mut browser, mut device) = house.bound().await;
        match ends {
            "revoked" => drop(house.sessions.revoke_all("ada").await.unwrap()),
            "idle" => house.clock.advance(Duration::HOUR),
            _ => {
                for _ in 0..13 {
                    house.clock.advance(Duration::seconds(560));
                    assert!(browser.refresh(&mut device).await.status.as_u16() < 402);
                    browser.get("/owner").await;
                }
            }
        }
        assert_eq!(browser.refresh(&mut device).await.status, 401, "{ends}");
    }
}

#[tokio::test]
async fn it_is_no_activity() {
    let mut house = House::configured(|builder| builder.idle_timeout(Duration::HOUR));
    let (mut browser, mut device) = house.bound().await;
    for _ in 0..6 {
        house.clock.advance(Duration::minutes(9));
        assert_eq!(browser.refresh(&mut device).await.status, 200);
    }
    house.clock.advance(Duration::minutes(9));
    assert_eq!(browser.refresh(&mut device).await.status, 401);
    assert_eq!(browser.get("/owner").await.body, "");
}

#[tokio::test]
async fn a_storage_that_is_down_ends_nothing() {
    let mut house = House::new();
    let (mut browser, mut device) = house.bound().await;
    house.storage.fault(Call::Load, Fault::Fail);
    let reply = browser.refresh(&mut device).await;
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (503, 0));
    house.storage.heal();
    assert_eq!(browser.refresh(&mut device).await.status, 200);
}

#[tokio::test]
async fn a_secret_that_is_renewed_by_itself_changes_nothing_for_the_device() {
    let mut house = House::configured(|builder| builder.renewal_interval(Duration::minutes(5)));
    let (mut browser, mut device) = house.bound().await;
    let mut secrets = std::collections::HashSet::new();
    for _ in 0..12 {
        house.clock.advance(Duration::minutes(6));
        assert_eq!(browser.refresh(&mut device).await.status, 200);
        assert_eq!(browser.get("/owner").await.body, "ada");
        secrets.insert(browser.cookies[COOKIE_NAME].clone());
    }
    assert!(secrets.len() > 5);
    let events = house.take_events();
    assert!(
        events.iter().all(|kind| *kind == SessionEventKind::Renewed),
        "{events:?}"
    );
}

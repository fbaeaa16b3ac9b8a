use super::*;

#[tokio::test]
async fn it_is_offered_by_a_log_in_and_by_one_that_is_repeated_and_by_nothing_else() {
    let house = House::new();
    let mut browser = house.browser();
    for path in ["/count", "/renew", "/owner"] {
        assert_eq!(offered(&browser.get(path).await), None, "{path}");
    }
    let first = browser.log_in_with_offer().await;
    for path in ["/count", "/owner", "/renew", "/remember", "/remember"] {
        assert_eq!(offered(&browser.get(path).await), None, "{path}");
    }
    house.clock.advance(Duration::hours(12));
    assert_eq!(offered(&browser.get("/owner").await), None);
    let again = offered(&browser.get("/again").await).unwrap();
    assert_ne!(first, again);
    let log_in = browser.log_in_with_offer().await;
    assert_ne!(again, log_in);
    for path in ["/keeping", "/count", "/log_out"] {
        assert_eq!(offered(&browser.get(path).await), None, "{path}");
    }
}

#[tokio::test]
async fn it_is_answered_as_the_protocol_says_and_told() {
    let mut house = House::new();
    let (mut browser, device) = (house.browser(), Device::new(1));
    let challenge = browser.log_in_with_offer().await;
    assert_eq!(house.listed().await[0].bound_at(), None);
    house.clock.advance(Duration::MINUTE);
    let reply = browser.register(&device.registration(&challenge)).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["content-type"], "application/json");
    assert_eq!(reply.headers["cache-control"], "no-store");
    let cookie = reply.set_cookie().unwrap();
    assert_eq!(cookie.name, BOUND_NAME);
    let attributes = [
        "HttpOnly",
        "Max-Age=570",
        "Path=/",
        "SameSite=Lax",
        "Secure",
    ];
    assert!(cookie.attributes.iter().eq(attributes), "{cookie:?}");
    let instructions: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(instructions["refresh_url"], "/device-bound/refresh");
    assert_eq!(instructions["scope"]["include_site"], false);
    let credential = &instructions["credentials"][0];
    assert_eq!(credential["type"], "cookie");
    assert_eq!(credential["name"], BOUND_NAME);
    let said = credential["attributes"].as_str().unwrap();
    let said = SetCookie::parse(&format!("a=b; Max-Age=570; {said}"));
    assert_eq!(said.attributes, cookie.attributes);
    let bound_at = house.listed().await[0].bound_at();
    assert_eq!(bound_at, Some(house.clock.now()));
    use SessionEventKind::{Bound, Created, LoggedIn};
    assert_eq!(house.take_events(), [Created, LoggedIn, Bound]);
    assert_eq!(browser.get("/owner").await.body, "ada");
}

#[tokio::test]
async fn a_quoted_proof_and_one_that_tells_its_audience_are_accepted() {
    let house = House::new();
    for (quote, audience) in [
        ("\"", ""),
        (
            "",
            ",\"aud\":\"https://shop.example/device-bound/register\"",
        ),
    ] {
        let (mut browser, device) = (house.browser(), Device::new(1));
        let challenge = browser.log_in_with_offer().await;
        let header = format!(
            r#"{{"alg":"ES256","typ":"dbsc+jwt","jwk":{}}}"#,
            device.jwk()
        );
        let proof = device.sign(&header, &format!(r#"{{"jti":"{challenge}"{audience}}}"#));
        let proof = format!("{quote}{proof}{quote}");
        let headers = [
            ("secure-session-response".parse().unwrap(), proof.as_bytes()),
            (axum::http::header::HOST, b"shop.example"),
        ];
        let reply = browser
            .send(Method::POST, "/device-bound/register", &headers)
            .await;
        assert_eq!(reply.status, 200, "{proof}");
    }
}

#[tokio::test]
async fn a_challenge_is_used_once_and_within_five_minutes() {
    let house = House::new();
    let (mut browser, device) = (house.browser(), Device::new(1));
    let challenge = browser.log_in_with_offer().await;
    house.clock.advance(Duration::minutes(5));
    let reply = browser.register(&device.registration(&challenge)).await;
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (401, 0));
    let challenge = offered(&browser.get("/again").await).unwrap();
    house
        .clock
        .advance(Duration::minutes(5) - Duration::MICROSECOND);
    let proof = device.registration(&challenge);
    assert_eq!(browser.register(&proof).await.status, 200);
    let calls = house.storage.take_calls();
    assert_eq!(calls.save, 3, "{calls:?}");
    for proof in [proof, Device::new(2).registration(&challenge)] {
        let reply = browser.register(&proof).await;
        assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (401, 0));
    }
    assert_eq!(house.storage.take_calls().save, 0);
}

#[tokio::test]
async fn a_bound_session_is_bound_again_by_a_log_in_alone() {
    let mut house = House::new();
    let (mut browser, mut device) = house.bound().await;
    assert_eq!(offered(&browser.get("/again").await), None);
    let bound_at = house.listed().await[0].bound_at();
    assert!(bound_at.is_some());
    assert_eq!(browser.get("/owner").await.body, "ada");
    assert_eq!(browser.refresh(&mut device).await.status, 200);

    let former = browser.bound_cookie().unwrap().clone();
    let (mut other, identifier) = (Device::new(2), device.identifier.clone());
    browser.log_in_on(&mut other).await;
    assert_ne!(other.identifier, identifier);
    assert_ne!(house.listed().await[0].bound_at(), bound_at);
    house.clock.advance(Duration::MINUTE);
    assert_eq!(browser.get("/owner").await.body, "ada");
    // The former key is worth nothing, and the browser's session of it ends.
    assert_eq!(browser.refresh(&mut device).await.status, 401);
    assert_eq!(browser.refresh(&mut other).await.status, 200);
    browser.drop_bound_cookie();
    browser.cookies.insert(BOUND_NAME.to_owned(), former);
    assert_eq!(browser.get("/owner").await.body, "");
}

#[tokio::test]
async fn a_registration_that_comes_after_a_renewal_or_the_end_binds_nothing() {
    let house = House::new();
    for path in ["/renew", "/log_out", "/log_in", "/keeping"] {
        let (mut browser, device) = (house.browser(), Device::new(1));
        let challenge = browser.log_in_with_offer().await;
        let mut late = browser.clone();
        browser.get(path).await;
        let reply = late.register(&device.registration(&challenge)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.set_cookies().len()),
            (401, 0),
            "{path}"
        );
        let bound = house
            .listed()
            .await
            .iter()
            .any(|it| it.bound_at().is_some());
        assert!(!bound, "{path}");
        house.sessions.revoke_all("ada").await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_leaves_the_session_bound_and_a_log_in_opens_it_again() {
    let house = House::new();
    let (mut browser, device) = (house.browser(), Device::new(1));
    let challenge = browser.log_in_with_offer().await;
    let mut lost = browser.clone();
    let proof = device.registration(&challenge);
    assert_eq!(lost.register(&proof).await.status, 200);
    house.clock.advance(Duration::MINUTE);
    assert_eq!(browser.get("/owner").await.body, "");
    assert_eq!(browser.get("/log_in").await.status, 200);
    assert_eq!(browser.get("/owner").await.body, "ada");
    assert_eq!(house.listed().await.len(), 1);
}

#[tokio::test]
async fn a_storage_that_is_down_is_told_so_that_the_browser_may_come_again() {
    let house = House::new();
    let (mut browser, device) = (house.browser(), Device::new(1));
    let challenge = browser.log_in_with_offer().await;
    let proof = device.registration(&challenge);
    for call in [Call::Load, Call::Save] {
        house.storage.fault(call, Fault::Fail);
        let reply = browser.register(&proof).await;
        assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (503, 0));
        house.storage.heal();
    }
    assert_eq!(browser.register(&proof).await.status, 200);
}

#[tokio::test]
async fn a_bearer_session_is_neither_offered_a_binding_nor_keeps_one() {
    let mut house = House::configured(|builder| builder.bearer_tokens("shop_"));
    let (mut browser, _) = house.bound().await;
    let token = browser.get("/token").await.body;
    assert_eq!(house.listed().await[0].bound_at(), None);
    let headers = [(axum::http::header::AUTHORIZATION, format!("Bearer {token}"))];
    let headers = headers
        .each_ref()
        .map(|(name, value)| (name.clone(), value.as_bytes()));
    let mut client = house.browser();
    let reply = client.send(Method::GET, "/owner", &headers).await;
    assert_eq!(reply.body, "ada");
    let reply = client.send(Method::GET, "/log_in", &headers).await;
    assert_eq!((reply.status.as_u16(), offered(&reply)), (200, None));
}

#[tokio::test]
async fn a_session_made_without_a_request_can_be_bound_by_no_one() {
    let house = House::new();
    let ada = house
        .sessions
        .create(|session| session.log_in("ada"))
        .await
        .unwrap();
    let found = house.sessions.find_by_cookie(ada.cookie()).await.unwrap();
    assert_eq!(found.unwrap().bound_at(), None);
}

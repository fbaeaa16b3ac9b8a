use super::*;

#[tokio::test]
async fn a_browsers_session_that_becomes_a_bearer_session_leaves_its_cookie_behind() {
    let house = House::new(|b| b);
    let mut browser = house.browser();
    browser.get("/count").await;
    let former = browser.cookies[COOKIE_NAME].clone();
    let reply = browser.get("/token").await;
    assert_eq!(reply.set_cookie().unwrap().value, "");
    assert_eq!(house.get("/read", &reply.body).await.body, "1");
    browser.cookies.insert(COOKIE_NAME.to_owned(), former);
    assert_eq!(browser.get("/read").await.body, "none");
    assert_eq!(house.sessions.list("ada").await.unwrap().len(), 1);
}

#[tokio::test]
async fn renewal_gives_the_new_token_to_who_asked_and_the_old_one_is_dead() {
    let house = House::new(|b| b);
    for path in ["/again", "/token", "/keeping"] {
        let old = house.client().await;
        let reply = house.get(path, &old).await;
        assert_eq!(reply.status, 200, "{path}");
        let new = reply.body;
        assert_ne!(new, old);
        // Known for a minute, to be told from a forged one; it opens nothing.
        assert_eq!(house.get("/transport", &old).await.body, "Bearer ");
        assert_eq!(house.get("/count", &old).await.status, 503);
        house.clock.advance(Duration::MINUTE);
        assert_eq!(house.get("/count", &old).await.status, 401);
        let owner = if path == "/keeping" { "" } else { "ada" };
        let reply = house.get("/transport", &new).await;
        assert_eq!(reply.body, format!("Bearer {owner}"), "{path}");
    }
}

#[tokio::test]
async fn a_new_token_that_nobody_asks_for_is_told_to_be_lost() {
    let house = House::new(|b| b);
    let token = house.client().await;
    let log = Log::new();
    assert_eq!(house.get("/renew", &token).await.set_cookies(), [""; 0]);
    assert!(
        log.text()
            .contains("the new token of a bearer session is lost")
    );
    let log = Log::new();
    house.client().await;
    assert!(!log.text().contains("lost"));
}

#[tokio::test]
async fn a_log_out_that_keeps_the_session_keeps_how_its_secret_travels() {
    let house = House::new(|b| b);
    let token = house.client().await;
    let log = Log::new();
    let reply = house.get("/leave_quietly", &token).await;
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (200, 0));
    assert!(
        log.text()
            .contains("the new token of a bearer session is lost")
    );
}

/// What makes a browser's cookie be sent again says nothing of a token that its client has.
#[tokio::test]
async fn a_token_that_its_client_has_is_never_told_to_be_lost() {
    let house = House::new(|b| b.max_age(Duration::HOUR));
    let log = Log::new();
    let token = house.client().await;
    for path in ["/count", "/read", "/count", "/again"] {
        house.clock.advance(Duration::minutes(30));
        assert_eq!(house.get(path, &token).await.status, 200, "{path}");
    }
    assert!(!log.text().contains("lost"), "{}", log.text());
}

#[tokio::test]
async fn periodic_renewal_leaves_tokens_alone() {
    let house = House::new(|b| b.renewal_interval(Duration::minutes(15)));
    let token = house.client().await;
    for _ in 0..3 {
        house.clock.advance(Duration::minutes(16));
        assert_eq!(house.get("/count", &token).await.status, 200);
        assert_eq!(house.get("/read", &token).await.status, 200);
    }
    assert!(
        house
            .sessions
            .policy()
            .to_string()
            .contains("Bearer tokens: shop_…; renewed at every log-in, and not periodically")
    );
}

#[tokio::test]
async fn limits_revocation_and_events_are_those_of_any_session() {
    let (sender, mut events) = tokio::sync::mpsc::channel(64);
    let house = House::new(|b| b.idle_timeout(Duration::HOUR).events(sender));
    let token = house.client().await;
    house.clock.advance(Duration::minutes(59));
    assert_eq!(house.get("/count", &token).await.status, 200);
    house.clock.advance(Duration::HOUR);
    assert_eq!(house.get("/count", &token).await.status, 401);
    let token = house.client().await;
    assert_eq!(house.sessions.revoke_all("ada").await.unwrap(), 1);
    assert_eq!(house.get("/count", &token).await.status, 401);
    let kinds: Vec<_> = std::iter::from_fn(|| events.try_recv().ok())
        .map(|it| it.kind)
        .collect();
    use SessionEventKind::{Created, Expired, LoggedIn, Revoked, UnknownId};
    let expected = [
        Created, LoggedIn, Expired, Created, LoggedIn, Revoked, UnknownId,
    ];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn after_a_log_out_a_client_has_no_session_and_gets_none_in_a_cookie() {
    let house = House::new(|b| b);
    let token = house.client().await;
    let reply = house.get("/leave", &token).await;
    // The message could reach nobody; the log-out stands.
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (409, 0));
    assert_eq!(house.storage.stored().await, 0);
    assert_eq!(house.get("/count", &token).await.status, 401);
}

#[tokio::test]
async fn no_debug_output_shows_a_token() {
    let session = SessionData::detached();
    session.log_in("ada").unwrap();
    let token = session.bearer_token().await.unwrap();
    assert_eq!(format!("{token:?}"), "BearerToken(REDACTED)");
    assert!(!format!("{session:?}").contains(token.expose()));
}

use super::*;

#[tokio::test]
async fn a_token_opens_its_session_on_the_routes_of_browsers() {
    let house = House::new(|b| b);
    let token = house.client().await;
    assert_eq!((&token[..5], token.len()), ("shop_", 5 + 64));
    assert_eq!(house.get("/transport", &token).await.body, "Bearer ada");
    for count in ["1", "2"] {
        let reply = house.get("/count", &token).await;
        assert_eq!((&*reply.body, reply.set_cookies().len()), (count, 0));
    }
    let listed = house.sessions.list("ada").await.unwrap();
    assert_eq!(listed[0].transport(), Transport::Bearer);
    for scheme in ["bearer", "BEARER"] {
        let line = format!("{scheme}  {token} ");
        assert_eq!(house.with_lines("/count", &[&line]).await.status, 200);
    }
}

#[tokio::test]
async fn the_response_that_tells_a_token_is_kept_by_no_cache_and_all_vary_by_both_headers() {
    let house = House::new(|b| b);
    let reply = house.browser().get("/token").await;
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(reply.headers["vary"], "Cookie, Authorization");
    let reply = house.get("/count", &reply.body).await;
    assert_eq!(reply.headers["vary"], "Cookie, Authorization");
    assert_eq!(reply.headers["cache-control"], "private");
}

#[tokio::test]
async fn what_opens_nothing_is_a_401_with_a_challenge() {
    let house = House::new(|b| b);
    let token = house.client().await;
    let cut = &token[..token.len() - 1];
    let unknown = format!("shop_{}", "A".repeat(64));
    let forged = format!("{}{}", &token[..30], "A".repeat(39));
    let line = |token: &str| format!("Bearer {token}");
    for lines in [
        vec![line(cut)],
        vec![line(&format!("{token}A"))],
        vec![line("shop_")],
        vec![line(&unknown)],
        vec![line(&forged)],
        vec![line(&token.replace("shop_", "shop_ "))],
        vec![line(&format!("{token}, {token}"))],
        vec![line(&token), line(&token)],
        vec![line(&token), "Basic YTpi".to_owned()],
        vec!["Basic YTpi".to_owned(), line(&token)],
    ] {
        let lines: Vec<_> = lines.iter().map(|line| &**line).collect();
        let reply = house.with_lines("/count", &lines).await;
        assert_eq!(reply.status, 401, "{lines:?}");
        assert_eq!(
            reply.headers["www-authenticate"],
            r#"Bearer error="invalid_token""#
        );
        assert_eq!(reply.headers["vary"], "Cookie, Authorization");
        // For `Option<SessionData>` it is none.
        assert_eq!(house.with_lines("/read", &lines).await.body, "none");
    }
    assert_eq!(house.get("/count", &token).await.status, 200);
}

#[tokio::test]
async fn a_token_that_is_not_ours_is_somebody_elses_business() {
    let house = House::new(|b| b);
    let mut browser = house.browser();
    browser.get("/count").await;
    for line in [
        "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x",
        "Basic c2hvcF86eA==",
        "Bearer",
        "shop_",
    ] {
        let reply = browser
            .send(Method::GET, "/read", &[(AUTHORIZATION, line.as_bytes())])
            .await;
        assert_eq!(reply.body, "1", "{line}");
    }
}

#[tokio::test]
async fn the_secret_of_a_cookie_opens_nothing_as_a_token_nor_the_reverse() {
    let house = House::new(|b| b);
    let mut browser = house.browser();
    browser.get("/count").await;
    let as_token = format!("shop_{}", browser.cookies[COOKIE_NAME]);
    assert_eq!(house.get("/count", &as_token).await.status, 401);
    let token = house.client().await;
    let as_cookie = format!("{COOKIE_NAME}={}", &token["shop_".len()..]);
    let reply = house
        .browser()
        .get_with_cookies("/read", &[as_cookie.as_bytes()])
        .await;
    assert_eq!((&*reply.body, reply.set_cookies().len()), ("none", 0));
    // Nor in a query.
    assert_eq!(
        house
            .browser()
            .get(&format!("/read?access_token={token}"))
            .await
            .body,
        "none"
    );
}

#[tokio::test]
async fn a_request_with_a_token_neither_reads_nor_replaces_its_cookie() {
    let house = House::new(|b| b);
    let mut browser = house.browser();
    browser.get("/count").await;
    let cookie = format!("{COOKIE_NAME}={}", browser.cookies[COOKIE_NAME]);
    let token = house.client().await;
    for (path, body) in [
        ("/count", "1"),
        ("/read", "1"),
        ("/log_out", ""),
        ("/read", "none"),
    ] {
        let line = format!("Bearer {token}");
        let headers = [
            (AUTHORIZATION, line.as_bytes()),
            (COOKIE, cookie.as_bytes()),
        ];
        let reply = house.browser().send(Method::GET, path, &headers).await;
        assert_eq!(
            (&*reply.body, reply.set_cookies().len()),
            (body, 0),
            "{path}"
        );
    }
    assert_eq!(browser.get("/read").await.body, "1");
}

#[tokio::test]
async fn without_the_option_no_token_is_made_and_none_is_read() {
    let allowed = House::new(|b| b);
    let token = allowed.client().await;
    let sessions = Sessions::builder(allowed.storage.clone()).clock(allowed.clock.reader());
    let app = add_session_middleware(routes(), sessions.build().unwrap());
    assert_eq!(Browser::new(app.clone()).get("/token").await.status, 500);
    let mut browser = Browser::new(app);
    let line = format!("Bearer {token}");
    let headers = [(AUTHORIZATION, line.as_bytes())];
    let reply = browser.send(Method::GET, "/read", &headers).await;
    assert_eq!(
        (&*reply.body, reply.headers["vary"].to_str().unwrap()),
        ("none", "Cookie")
    );
}

#[tokio::test]
async fn a_token_of_another_scope_opens_nothing() {
    struct Admin;
    let house = House::new(|b| b);
    let admins: Sessions<Admin> = Sessions::builder(house.storage.clone())
        .clock(house.clock.reader())
        .scope::<Admin>()
        .cookie_name("__Host-admin")
        .bearer_tokens("shop_")
        .build()
        .unwrap();
    let admin = get(async |admin: SessionData<Admin>| {
        admin.log_in("root")?;
        Ok::<_, SessionError>(admin.bearer_token().await?.expose().to_owned())
    });
    let read = get(async |admin: SessionData<Admin>| admin.owner().unwrap_or_default());
    let app = Router::new()
        .route("/admin", admin)
        .route("/admin/read", read);
    let app = add_session_middleware(app, admins);
    let token = Browser::new(app.clone()).get("/admin").await.body;
    assert_eq!(house.get("/count", &token).await.status, 401);
    let line = format!("Bearer {token}");
    let headers = [(AUTHORIZATION, line.as_bytes())];
    let reply = Browser::new(app)
        .send(Method::GET, "/admin/read", &headers)
        .await;
    assert_eq!(reply.body, "root");
}

#[test]
fn a_prefix_is_known_and_short_and_fits_the_header() {
    let build = |prefix: &str| {
        let builder = Sessions::builder(MemorySessionStorage::new());
        builder.bearer_tokens(prefix).build().map(drop)
    };
    for prefix in ["abc", "shop_", "a.b-c_d~e+f/g", &"x".repeat(32)] {
        assert_eq!(build(prefix), Ok(()));
    }
    for prefix in ["", "ab", "a b", "shop=", "shöp_", "a,b", &"x".repeat(33)] {
        let prefix_of = prefix.to_owned();
        assert_eq!(
            build(prefix),
            Err(ConfigError::BearerPrefix { prefix: prefix_of })
        );
    }
}

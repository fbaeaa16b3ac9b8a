use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use axum_bare_session::{
    Duration, FreshSession, FreshSessionRejection, SessionData, add_session_middleware,
};

use crate::support::{Browser, Setup};

type Extracted = Result<FreshSession<300>, FreshSessionRejection>;

async fn page(session: Extracted) -> String {
    match session {
        Ok(session) => format!("fresh: {}", session.owner().unwrap()),
        Err(FreshSessionRejection::NotLoggedIn) => "log in".to_owned(),
        Err(FreshSessionRejection::NotFresh { authenticated_at }) => {
            format!("again, last at {}", authenticated_at.unix_timestamp())
        }
        Err(other) => other.to_string(),
    }
}

fn setup() -> Setup {
    let routes = Router::new()
        .route("/page", get(page))
        .route("/bare", get(async |_: FreshSession<300>| "fresh"));
    Setup::serving(routes)
}

async fn get_page(browser: &mut Browser) -> String {
    browser.get("/page").await.body
}

#[tokio::test]
async fn an_owner_is_asked_again_exactly_when_the_age_is_reached() {
    let setup = setup();
    let mut browser = setup.user("user:1").await;
    setup.clock.advance(Duration::seconds(299));
    assert_eq!(get_page(&mut browser).await, "fresh: user:1");
    setup.clock.advance(Duration::SECOND);
    let since = (setup.clock.now() - Duration::seconds(300)).unix_timestamp();
    assert_eq!(
        get_page(&mut browser).await,
        format!("again, last at {since}")
    );
    assert_eq!(browser.get("/bare").await.status, 403);
    browser.visit(SessionData::reauthenticated).await;
    assert_eq!(get_page(&mut browser).await, "fresh: user:1");
    assert_eq!(browser.get("/bare").await.body, "fresh");
}

#[tokio::test]
async fn visits_and_renewals_make_nobody_fresh() {
    let setup = setup();
    let mut browser = setup.user("user:1").await;
    setup.clock.advance(Duration::minutes(10));
    browser.visit(|s| s.insert("y", 1)).await;
    browser.visit(SessionData::renew).await;
    assert!(get_page(&mut browser).await.starts_with("again"));
}

#[tokio::test]
async fn who_proved_long_ago_who_they_are_is_not_fresh_and_nobody_did_so_in_the_future() {
    let setup = setup();
    let mut browser = setup.browser();
    let hour_ago = setup.clock.now() - Duration::HOUR;
    browser.visit(|s| s.log_in_at("user:1", hour_ago)).await;
    let since = hour_ago.unix_timestamp();
    assert_eq!(
        get_page(&mut browser).await,
        format!("again, last at {since}")
    );
    browser.visit(SessionData::reauthenticated).await;
    assert_eq!(get_page(&mut browser).await, "fresh: user:1");

    let in_an_hour = setup.clock.now() + Duration::HOUR;
    browser.visit(|s| s.log_in_at("user:2", in_an_hour)).await;
    assert_eq!(get_page(&mut browser).await, "fresh: user:2");
    setup.clock.advance(Duration::minutes(5));
    assert!(get_page(&mut browser).await.starts_with("again"));
}

#[tokio::test]
async fn the_absolute_limit_counts_from_when_the_owner_proved_who_they_are() {
    let setup = setup();
    let mut browser = setup.browser();
    let first = setup.clock.now() - Duration::days(30);
    browser
        .visit(|s| s.log_in_at("user:1", first + Duration::SECOND))
        .await;
    assert!(browser.is_known().await);
    setup.clock.advance(Duration::SECOND);
    assert!(!browser.is_known().await);
    // One that has ended already is none.
    browser.visit(|s| s.log_in_at("user:1", first)).await;
    assert!(!browser.is_known().await);
}

#[tokio::test]
async fn a_visitor_without_owner_is_told_to_log_in() {
    let setup = setup();
    let mut visitor = setup.visitor().await;
    assert_eq!(get_page(&mut visitor).await, "log in");
    assert_eq!(visitor.get("/bare").await.status, 403);
    let mut stranger = setup.browser();
    assert_eq!(get_page(&mut stranger).await, "log in");
    assert!(stranger.cookies.is_empty());
}

#[tokio::test]
async fn a_clock_that_jumps_back_an_hour_makes_nobody_fresh_for_longer() {
    let setup = setup();
    let mut browser = setup.user("user:1").await;
    setup.clock.advance(-Duration::HOUR);
    assert!(get_page(&mut browser).await.starts_with("again"));
    browser.visit(SessionData::reauthenticated).await;
    assert_eq!(get_page(&mut browser).await, "fresh: user:1");
    setup.clock.advance(Duration::minutes(5));
    assert!(get_page(&mut browser).await.starts_with("again"));
}

#[tokio::test]
async fn a_log_out_ends_freshness() {
    let setup = setup();
    let mut browser = setup.user("user:1").await;
    browser.visit(|s| s.log_out_keeping(["x"])).await;
    assert_eq!(get_page(&mut browser).await, "log in");
}

#[tokio::test]
async fn without_its_middleware_it_says_so() {
    let app = Router::new().route("/page", get(page));
    let text = Browser::new(app).get("/page").await.body;
    assert!(text.contains("add_session_middleware"), "{text}");
    let rejection = FreshSessionRejection::NotLoggedIn.into_response();
    assert_eq!(rejection.status(), 403);
}

#[tokio::test]
async fn a_detached_session_can_be_fresh() {
    let session = SessionData::detached();
    session.log_in("user:1").unwrap();
    let app = Router::new()
        .route("/page", get(page))
        .layer(axum::Extension(session));
    assert_eq!(Browser::new(app).get("/page").await.body, "fresh: user:1");
    // The middleware's own session comes first where there is one.
    let app = add_session_middleware(
        Router::new().route("/page", get(page)),
        axum_bare_session::MemorySessionStorage::new(),
    );
    assert_eq!(Browser::new(app).get("/page").await.body, "log in");
}

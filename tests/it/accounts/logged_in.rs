use axum::http::StatusCode;
use axum::routing::get;
use axum::{RequestPartsExt, Router, extract::FromRequestParts, http::request::Parts};
use axum_bare_session::{LoggedIn, LoggedInRejection, SessionData};

use crate::support::{Browser, Log, Setup};

async fn page(session: Result<LoggedIn, LoggedInRejection>) -> String {
    match session {
        Ok(session) => format!("{} has {:?}", session.owner(), session.keys()),
        Err(LoggedInRejection::NotLoggedIn) => "log in".to_owned(),
        Err(other) => other.to_string(),
    }
}

async fn home(session: Option<LoggedIn>) -> String {
    session.map_or("a visitor".to_owned(), |session| session.owner().to_owned())
}

/// A user whose password has the hash `two`.
struct User(LoggedIn);

impl<S: Send + Sync> FromRequestParts<S> for User {
    type Rejection = LoggedInRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, LoggedInRejection> {
        let session = parts.extract::<LoggedIn>().await?;
        session.check_stamp("two").await?;
        Ok(Self(session))
    }
}

fn setup() -> Setup {
    let routes = Router::new()
        .route("/page", get(page))
        .route("/home", get(home))
        .route("/bare", get(async |_: LoggedIn| "in"))
        .route("/user", get(async |user: User| user.0.owner().to_owned()));
    Setup::serving(routes)
}

#[tokio::test]
async fn who_is_logged_in_has_an_owner_and_a_session() {
    let mut browser = setup().user("user:1").await;
    assert_eq!(browser.get("/page").await.body, r#"user:1 has ["x"]"#);
    assert_eq!(browser.get("/bare").await.body, "in");
    browser.visit(|s| s.log_out_keeping(["x"])).await;
    assert_eq!(browser.get("/page").await.body, "log in");
}

#[tokio::test]
async fn who_is_not_is_answered_with_a_403_and_gets_no_session_and_the_log_is_quiet() {
    let log = Log::new();
    let setup = setup();
    let mut visitor = setup.browser();
    assert_eq!(visitor.get("/page").await.body, "log in");
    let reply = visitor.get("/bare").await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::FORBIDDEN, ""));
    assert!(visitor.cookies.is_empty());
    assert_eq!(log.text(), "");
}

#[tokio::test]
async fn a_page_that_visitors_see_too_is_told_whether_somebody_is_logged_in() {
    let setup = setup();
    let mut browser = setup.user("user:1").await;
    assert_eq!(browser.get("/home").await.body, "user:1");
    let mut visitor = setup.browser();
    assert_eq!(visitor.get("/home").await.body, "a visitor");
    // A middleware that is missing, or a storage that is down, makes nobody a visitor.
    let app = Router::new().route("/home", get(home));
    let reply = Browser::new(app).get("/home").await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn an_extractor_of_the_applications_own_checks_the_stamp_and_ends_an_older_session() {
    let setup = setup();
    let (mut this, mut older) = (setup.user("user:1").await, setup.user("user:1").await);
    this.visit(|s| s.set_stamp("two")).await;
    older.visit(|s| s.set_stamp("one")).await;
    assert_eq!(this.get("/user").await.body, "user:1");
    assert_eq!(older.get("/user").await.status, StatusCode::FORBIDDEN);
    assert!(!older.is_known().await && this.is_known().await);
}

#[tokio::test]
async fn without_its_middleware_it_says_so() {
    let app = Router::new().route("/page", get(page));
    let text = Browser::new(app).get("/page").await.body;
    assert!(text.contains("add_session_middleware"), "{text}");
}

#[tokio::test]
async fn a_detached_session_can_be_logged_in() {
    let session: SessionData = SessionData::detached();
    let app = Router::new().route("/page", get(page));
    let mut browser = Browser::new(app.layer(axum::Extension(session.clone())));
    assert_eq!(browser.get("/page").await.body, "log in");
    session.log_in("user:1").unwrap();
    assert_eq!(browser.get("/page").await.body, "user:1 has []");
}

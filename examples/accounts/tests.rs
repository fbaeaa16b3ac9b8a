use std::array::from_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use axum_bare_session::{MemorySessionStorage, SessionData, add_session_middleware};

use super::browser::Browser;
use super::user::User;
use super::users::Users;

const PASSWORD: &str = "correct+horse";

async fn app() -> Router {
    super::app(MemorySessionStorage::new().into())
        .await
        .unwrap()
}

async fn logged_in(app: &Router, name: &str) -> Browser {
    let mut browser = Browser::new(app);
    let form = format!("name={name}&password={PASSWORD}");
    assert_eq!(browser.post("/login", &form).await.location, "/");
    browser
}

#[tokio::test]
async fn a_log_in_leads_to_the_page_that_was_asked_for_also_after_a_wrong_password() {
    let app = app().await;
    let mut browser = Browser::new(&app);
    let login = browser.get("/reports?year=2024&page=2").await.location;
    assert_eq!(login, "/login?next=/reports%3Fyear%3D2024%26page%3D2");
    let page = browser.get(&login).await.body;
    assert!(
        page.contains(r#"value="/reports?year=2024&amp;page=2""#),
        "{page}"
    );
    let next = login.split_once('?').unwrap().1;
    let wrong = format!("name=ada&password=wrong+horse&{next}");
    assert_eq!(browser.post("/login", &wrong).await.location, login);
    let right = format!("name=ada&password={PASSWORD}&{next}");
    let location = browser.post("/login", &right).await.location;
    assert_eq!(location, "/reports?year=2024&page=2");
    assert_eq!(browser.get(&location).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_log_in_page_sends_on_who_is_logged_in_already() {
    let app = app().await;
    let mut ada = logged_in(&app, "ada").await;
    for (page, location) in [("/login?next=/reports", "/reports"), ("/login", "/")] {
        assert_eq!(ada.get(page).await.location, location);
    }
    assert_eq!(
        Browser::new(&app).get("/login").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_next_of_another_site_leads_home() {
    let app = app().await;
    for next in ["https://evil.example", "//evil.example", "/%5Cevil.example"] {
        let form = format!("name=ada&password={PASSWORD}&next={next}");
        let reply = Browser::new(&app).post("/login", &form).await;
        assert_eq!(
            (reply.status, &*reply.location),
            (StatusCode::SEE_OTHER, "/"),
            "{next}"
        );
    }
}

#[tokio::test]
async fn reports_are_for_who_may_read_them() {
    let app = app().await;
    assert_eq!(
        logged_in(&app, "ada").await.get("/reports").await.status,
        StatusCode::OK
    );
    let mut bob = logged_in(&app, "bob").await;
    assert_eq!(bob.get("/reports").await.status, StatusCode::FORBIDDEN);
    assert_eq!(bob.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_new_password_ends_every_other_session_of_the_account_and_the_copies_of_this_one() {
    let app = app().await;
    let mut this = logged_in(&app, "ada").await;
    let (mut copy, mut other) = (this.clone(), logged_in(&app, "ada").await);
    let mut bob = logged_in(&app, "bob").await;
    let wrong = "password=wrong+horse&new_password=battery+staple";
    assert_eq!(this.post("/password", wrong).await.location, "/password");
    let form = format!("password={PASSWORD}&new_password=battery+staple");
    assert_eq!(this.post("/password", &form).await.location, "/");
    for gone in [&mut copy, &mut other] {
        assert_eq!(gone.get("/").await.location, "/login?next=/");
    }
    for here in [&mut this, &mut bob] {
        assert_eq!(here.get("/").await.status, StatusCode::OK);
    }
    let old = format!("name=ada&password={PASSWORD}");
    assert_eq!(other.post("/login", &old).await.location, "/login");
    assert_eq!(
        other
            .post("/login", "name=ada&password=battery+staple")
            .await
            .location,
        "/"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_beside_a_change_of_the_password_log_nobody_out() {
    let app = app().await;
    for _ in 0..5 {
        let mut this = logged_in(&app, "ada").await;
        let is_changed = Arc::new(AtomicBool::new(false));
        let tabs: [_; 3] = from_fn(|_| {
            let (mut tab, is_changed) = (this.clone(), Arc::clone(&is_changed));
            tokio::spawn(async move {
                while !is_changed.load(Ordering::Relaxed) {
                    tab.get("/").await;
                    tokio::task::yield_now().await;
                }
            })
        });
        // The same password has another hash.
        let form = format!("password={PASSWORD}&new_password={PASSWORD}");
        let reply = this.post("/password", &form).await;
        assert_eq!(
            (reply.status, &*reply.location),
            (StatusCode::SEE_OTHER, "/")
        );
        is_changed.store(true, Ordering::Relaxed);
        for tab in tabs {
            tab.await.unwrap();
        }
        assert_eq!(this.get("/").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_message_is_shown_once_with_its_level_and_as_text() {
    let app = app().await;
    let mut browser = logged_in(&app, "ada").await;
    let welcome = r#"<p class="success" role="status">Welcome, ada.</p>"#;
    assert!(browser.get("/").await.body.contains(welcome));
    assert!(!browser.get("/").await.body.contains("Welcome"));
    browser.post("/logout", "").await;
    browser
        .post("/login", "name=ada&password=wrong+horse")
        .await;
    let page = browser.get("/login").await.body;
    let logged_out = r#"<p class="info" role="status">You are logged out.</p>"#;
    let wrong = r#"<p class="error" role="alert">Wrong name or password.</p>"#;
    assert!(page.contains(&[logged_out, wrong].concat()), "{page}");
}

#[tokio::test]
async fn messages_that_no_page_shows_fill_no_session() {
    let app = app().await;
    let mut browser = Browser::new(&app);
    // A script that never looks at a page.
    for _ in 0..2_000 {
        let reply = browser.post("/login", "name=ada&password=short").await;
        assert_eq!(reply.location, "/login");
    }
    let page = browser.get("/login").await.body;
    assert_eq!(page.matches("Wrong name or password.").count(), 10);
}

#[tokio::test]
async fn who_asks_to_be_remembered_keeps_the_cookie_for_thirty_days() {
    let app = app().await;
    let form = format!("name=ada&password={PASSWORD}");
    let reply = Browser::new(&app).post("/login", &form).await;
    assert!(!reply.set_cookie.contains("Max-Age"), "{reply:?}");
    let reply = Browser::new(&app)
        .post("/login", &(form + "&remember=on"))
        .await;
    assert!(reply.set_cookie.contains("Max-Age=2592000"), "{reply:?}");
}

#[tokio::test]
async fn a_user_is_loaded_once_a_request_and_not_at_all_where_the_account_is_gone() {
    let users = Users::ada_and_bob().await.unwrap();
    let hash = users.find("user:1").await.unwrap().password_hash;
    let ada = async move |session: SessionData| {
        session.log_in("user:1")?;
        session.set_stamp(hash)
    };
    let twice = async |one: User, two: User| std::ptr::eq(&*one, &*two).to_string();
    let routes = Router::new()
        .route("/twice", get(twice))
        .route("/ada", get(ada))
        .route(
            "/gone",
            get(async |session: SessionData| session.log_in("user:3")),
        )
        .with_state(users);
    let app = add_session_middleware(routes, MemorySessionStorage::new());
    let mut browser = Browser::new(&app);
    browser.get("/ada").await;
    assert_eq!(browser.get("/twice").await.body, "true");
    browser.get("/gone").await;
    let reply = browser.get("/twice").await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(
        reply.set_cookie.contains("Max-Age=0"),
        "the session is ended: {reply:?}"
    );
}

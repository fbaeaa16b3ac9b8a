//! The example `devices` over TLS, in browsers that bind sessions to keys of their own.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration as Wait, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum_bare_session::{
    Duration, MemorySessionStorage, OffsetDateTime, SessionData, SessionError, SessionEventKind,
    Sessions, add_session_middleware,
};
use browser_tests::{App, Browser, Device};

use crate::devices_example;

const BOUND: &str = "__Host-id-bound";
const PASSWORD: &str = "correct horse";

/// The application, its clock, and what it has answered at the endpoints.
struct Shop {
    app: App,
    fingerprint: String,
    seconds: Arc<AtomicI64>,
    events: Arc<Mutex<Vec<SessionEventKind>>>,
    answers: Arc<Mutex<Vec<(String, u16)>>>,
}

impl Shop {
    async fn open() -> Self {
        Self::serving(devices_example::app).await
    }

    async fn serving(app: impl FnOnce(Sessions) -> Router) -> Self {
        let (seconds, events) = (
            Arc::new(AtomicI64::new(0)),
            Arc::new(Mutex::new(Vec::new())),
        );
        let (clock, told) = (Arc::clone(&seconds), Arc::clone(&events));
        let sessions = Sessions::builder(MemorySessionStorage::new())
            .device_bound("/device-bound")
            .clock(move || {
                OffsetDateTime::now_utc() + Duration::seconds(clock.load(Ordering::SeqCst))
            })
            .on_event(move |event| told.lock().unwrap().push(event.kind))
            .build()
            .unwrap();
        let answers = Arc::new(Mutex::new(Vec::new()));
        let answered = Arc::clone(&answers);
        let note = move |request: Request, next: Next| {
            let answered = Arc::clone(&answered);
            async move {
                let path = request.uri().path().to_owned();
                let response: Response = next.run(request).await;
                if path.starts_with("/device-bound/") {
                    let answer = (path, response.status().as_u16());
                    answered.lock().unwrap().push(answer);
                }
                response
            }
        };
        let router = app(sessions).layer(from_fn(note));
        let (app, fingerprint) = App::serve_tls(router).await;
        Self {
            app,
            fingerprint,
            seconds,
            events,
            answers,
        }
    }

    /// A browser that was never used before, and can bind sessions.
    async fn browser(&self) -> Browser {
        let device = Device {
            binds_sessions: true,
            trusts: Some(self.fingerprint.clone()),
            ..Device::default()
        };
        Browser::start_on(&device).await
    }

    /// One in which Ada has signed up or logged in, bound and past the grace.
    async fn ada(&self, path: &str) -> Browser {
        let (browser, before) = (self.browser().await, self.told(SessionEventKind::Bound));
        browser.goto(&self.app.url(path)).await;
        browser.type_into("[name=name]", "Ada").await;
        browser.type_into("[name=password]", PASSWORD).await;
        browser.follow("main button").await;
        self.wait_for_bound(before + 1).await;
        self.pass(Duration::seconds(15));
        browser
    }

    /// Waits until so many sessions were bound.
    async fn wait_for_bound(&self, count: usize) {
        let deadline = Instant::now() + Wait::from_secs(20);
        while self.told(SessionEventKind::Bound) < count {
            assert!(Instant::now() < deadline, "not bound: {:?}", self.answers);
            tokio::time::sleep(Wait::from_millis(50)).await;
        }
    }

    /// Waits until an endpoint has answered.
    async fn wait_for_answer(&self) {
        let deadline = Instant::now() + Wait::from_secs(20);
        while self.answers().is_empty() {
            assert!(Instant::now() < deadline, "no answer");
            tokio::time::sleep(Wait::from_millis(50)).await;
        }
    }

    fn pass(&self, time: Duration) {
        self.seconds
            .fetch_add(time.whole_seconds(), Ordering::SeqCst);
    }

    /// How often something was told.
    fn told(&self, kind: SessionEventKind) -> usize {
        let events = self.events.lock().unwrap();
        events.iter().filter(|told| **told == kind).count()
    }

    /// What was answered at the endpoints since the last time this was asked.
    fn answers(&self) -> Vec<(String, u16)> {
        std::mem::take(&mut self.answers.lock().unwrap())
    }

    async fn is_logged_in(&self, browser: &Browser) -> bool {
        browser.goto(&self.app.url("/devices")).await;
        browser.text().await.contains("Your devices")
    }
}

fn refreshed(answers: &[(String, u16)]) -> usize {
    let is_refresh =
        |answer: &&(String, u16)| **answer == ("/device-bound/refresh".to_owned(), 200);
    answers.iter().filter(is_refresh).count()
}

#[tokio::test]
async fn a_browser_with_a_key_is_bound_by_its_log_in_and_stays_logged_in_through_refreshes() {
    let shop = Shop::open().await;
    let browser = shop.ada("/signup").await;
    assert_eq!(shop.answers(), [("/device-bound/register".to_owned(), 200)]);
    let cookies = browser.cookies().await;
    assert!(
        cookies.iter().any(|cookie| cookie.name() == BOUND),
        "{cookies:?}"
    );
    assert!(shop.is_logged_in(&browser).await);
    assert!(browser.text().await.contains("bound to its device"));
    assert_eq!(shop.answers(), []);

    // As at its end.
    browser.delete_cookie(BOUND).await;
    assert!(shop.is_logged_in(&browser).await);
    let answers = shop.answers();
    assert!(refreshed(&answers) > 0, "{answers:?}");

    browser.delete_cookie(BOUND).await;
    let fetched = browser
        .run(
            "return Promise.all(Array.from({ length: 8 }, async () =>
                (await fetch('/devices', { redirect: 'manual' })).status))",
        )
        .await;
    assert_eq!(
        fetched,
        serde_json::json!([200, 200, 200, 200, 200, 200, 200, 200])
    );
    let answers = shop.answers();
    assert!(refreshed(&answers) > 0, "{answers:?}");

    // The challenge that the browser has is stale by then.
    shop.pass(Duration::HOUR);
    browser.delete_cookie(BOUND).await;
    assert!(shop.is_logged_in(&browser).await);
    let answers = shop.answers();
    assert!(
        answers.contains(&("/device-bound/refresh".to_owned(), 403)),
        "{answers:?}"
    );
    assert!(refreshed(&answers) > 0, "{answers:?}");
    assert_eq!(shop.told(SessionEventKind::DeviceNotProven), 0);
}

#[tokio::test]
async fn cookies_that_were_copied_open_nothing_after_ten_minutes_and_ring_the_bell() {
    let shop = Shop::open().await;
    let (browser, thief) = (shop.ada("/signup").await, shop.browser().await);
    let stolen = browser.cookies().await;
    assert!(stolen.len() >= 2, "{stolen:?}");
    thief.plant_all(&stolen).await;
    assert!(shop.is_logged_in(&thief).await);
    assert_eq!(shop.told(SessionEventKind::SuspectedTheft), 0);

    shop.pass(Duration::minutes(10));
    assert!(!shop.is_logged_in(&thief).await);
    assert!(shop.told(SessionEventKind::SuspectedTheft) > 0);
    thief.delete_cookie(BOUND).await;
    assert!(!shop.is_logged_in(&thief).await);
    browser.delete_cookie(BOUND).await;
    assert!(shop.is_logged_in(&browser).await);
}

#[tokio::test]
async fn a_log_out_ends_both_and_another_log_in_binds_anew() {
    let shop = Shop::open().await;
    let browser = shop.ada("/signup").await;
    let stolen = browser.cookies().await;
    browser.goto(&shop.app.url("/devices")).await;
    let reply = browser.post("/logout", &[]).await;
    assert_eq!(reply.status, 200);
    assert!(!shop.is_logged_in(&browser).await);
    let thief = shop.browser().await;
    thief.plant_all(&stolen).await;
    assert!(!shop.is_logged_in(&thief).await);
    shop.answers();

    browser.goto(&shop.app.url("/login")).await;
    browser.type_into("[name=name]", "Ada").await;
    browser.type_into("[name=password]", PASSWORD).await;
    browser.follow("main button").await;
    shop.wait_for_bound(2).await;
    shop.pass(Duration::MINUTE);
    browser.delete_cookie(BOUND).await;
    assert!(shop.is_logged_in(&browser).await);
}

#[tokio::test]
async fn a_session_that_another_browser_ends_is_refreshed_no_more() {
    let shop = Shop::open().await;
    let lost = shop.ada("/signup").await;
    let other = shop.ada("/login").await;
    other.goto(&shop.app.url("/devices")).await;
    other.follow("#end-others").await;
    shop.answers();
    lost.delete_cookie(BOUND).await;
    assert!(!shop.is_logged_in(&lost).await);
    let answers = shop.answers();
    assert!(
        answers.iter().all(|(_, status)| *status == 401),
        "{answers:?}"
    );
    other.delete_cookie(BOUND).await;
    assert!(shop.is_logged_in(&other).await);
}

#[tokio::test]
async fn a_browser_without_keys_goes_on_as_before() {
    let shop = Shop::open().await;
    let bound = shop.ada("/signup").await;
    // It trusts the certificate, and knows nothing of keys.
    let plain = Device {
        trusts: Some(shop.fingerprint.clone()),
        ..Device::default()
    };
    let plain = Browser::start_on(&plain).await;
    plain.goto(&shop.app.url("/login")).await;
    plain.type_into("[name=name]", "Ada").await;
    plain.type_into("[name=password]", PASSWORD).await;
    plain.follow("main button").await;
    shop.pass(Duration::HOUR);
    assert!(shop.is_logged_in(&plain).await);
    assert_eq!(shop.told(SessionEventKind::Bound), 1);
    bound.delete_cookie(BOUND).await;
    assert!(shop.is_logged_in(&bound).await);
}

#[tokio::test]
async fn who_follows_a_link_from_another_site_is_logged_in_after_a_pause() {
    let shop = Shop::open().await;
    let browser = shop.ada("/signup").await;
    shop.answers();
    browser.delete_cookie(BOUND).await;
    let page = format!(r#"<a href="{}">shop</a>"#, shop.app.url("/devices"));
    let link = Router::new().route("/", get(async move || Html(page)));
    let elsewhere = App::serve(link).await;
    browser.goto(&elsewhere.url_at("127.0.0.1", "/")).await;
    browser.follow("a").await;
    // It proves nothing for another site, and is asked once more for itself.
    browser.wait_for("//h1[contains(., 'Your devices')]").await;
    assert!(refreshed(&shop.answers()) > 0);
}

/// For a log-in to which another site leads, the browser registers without the session's cookie, which `SameSite` keeps
/// back.
#[tokio::test]
async fn a_log_in_that_another_site_leads_to_is_bound_if_the_page_asks_for_itself_first() {
    let plain = async |session: SessionData| {
        session.log_in("ada")?;
        Ok::<_, SessionError>(Redirect::to("/owner"))
    };
    let asking = async |session: SessionData, headers: HeaderMap| {
        if headers
            .get("sec-fetch-site")
            .is_some_and(|site| site == "cross-site")
        {
            return Ok(([("refresh", "0")], "one moment").into_response());
        }
        session.log_in("ada")?;
        Ok::<_, SessionError>(Redirect::to("/owner").into_response())
    };
    let owner =
        async |session: SessionData| format!("<h1>{}</h1>", session.owner().unwrap_or_default());
    let owner = async move |session: SessionData| Html(owner(session).await);
    let routes = Router::new()
        .route("/plain", get(plain))
        .route("/asking", get(asking))
        .route("/owner", get(owner));
    let shop = Shop::serving(|sessions| add_session_middleware(routes, sessions)).await;
    for (path, bound) in [("/plain", 0), ("/asking", 1)] {
        let browser = shop.browser().await;
        // A provider of single sign-on.
        let page = format!(r#"<a href="{}">back</a>"#, shop.app.url(path));
        let link = Router::new().route("/", get(async move || Html(page)));
        let elsewhere = App::serve(link).await;
        browser.goto(&elsewhere.url_at("127.0.0.1", "/")).await;
        browser.follow("a").await;
        browser.wait_for("//h1[contains(., 'ada')]").await;
        shop.wait_for_answer().await;
        assert_eq!(shop.told(SessionEventKind::Bound), bound, "{path}");
        shop.pass(Duration::MINUTE);
        browser.delete_cookie(BOUND).await;
        browser.goto(&shop.app.url("/owner")).await;
        assert_eq!(browser.text().await, "ada");
    }
}

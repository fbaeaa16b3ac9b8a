//! The shop behind TLS, with a clock that tests move.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration as Wait, Instant};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum_bare_session::{
    Duration, MemorySessionStorage, OffsetDateTime, SessionEventKind, Sessions,
};
use browser_tests::{App, Browser, Device};

use crate::devices_example;

pub(super) const BOUND: &str = "__Host-id-bound";
pub(super) const PASSWORD: &str = "correct horse";

/// The application, its clock, and what it has answered at the endpoints.
pub(super) struct Shop {
    pub(super) app: App,
    pub(super) fingerprint: String,
    seconds: Arc<AtomicI64>,
    events: Arc<Mutex<Vec<SessionEventKind>>>,
    answers: Arc<Mutex<Vec<(String, u16)>>>,
}

impl Shop {
    pub(super) async fn open() -> Self {
        Self::serving(devices_example::app).await
    }

    pub(super) async fn serving(app: impl FnOnce(Sessions) -> Router) -> Self {
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
    pub(super) async fn browser(&self) -> Browser {
        let device = Device {
            binds_sessions: true,
            trusts: Some(self.fingerprint.clone()),
            ..Device::default()
        };
        Browser::start_on(&device).await
    }

    /// One in which Ada has signed up or logged in, bound and past the grace.
    pub(super) async fn ada(&self, path: &str) -> Browser {
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
    pub(super) async fn wait_for_bound(&self, count: usize) {
        let deadline = Instant::now() + Wait::from_secs(20);
        while self.told(SessionEventKind::Bound) < count {
            assert!(Instant::now() < deadline, "not bound: {:?}", self.answers);
            tokio::time::sleep(Wait::from_millis(50)).await;
        }
    }

    /// Waits until an endpoint has answered.
    pub(super) async fn wait_for_answer(&self) {
        let deadline = Instant::now() + Wait::from_secs(20);
        while self.answers().is_empty() {
            assert!(Instant::now() < deadline, "no answer");
            tokio::time::sleep(Wait::from_millis(50)).await;
        }
    }

    pub(super) fn pass(&self, time: Duration) {
        self.seconds
            .fetch_add(time.whole_seconds(), Ordering::SeqCst);
    }

    /// How often something was told.
    pub(super) fn told(&self, kind: SessionEventKind) -> usize {
        let events = self.events.lock().unwrap();
        events.iter().filter(|told| **told == kind).count()
    }

    /// What was answered at the endpoints since the last time this was asked.
    pub(super) fn answers(&self) -> Vec<(String, u16)> {
        std::mem::take(&mut self.answers.lock().unwrap())
    }

    pub(super) async fn is_logged_in(&self, browser: &Browser) -> bool {
        browser.goto(&self.app.url("/devices")).await;
        browser.text().await.contains("Your devices")
    }
}

pub(super) fn refreshed(answers: &[(String, u16)]) -> usize {
    let is_refresh =
        |answer: &&(String, u16)| **answer == ("/device-bound/refresh".to_owned(), 200);
    answers.iter().filter(is_refresh).count()
}

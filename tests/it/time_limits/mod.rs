//! Time: the two limits of a session, what moves them, and how long browsers keep its cookie.

mod activity;
mod clocks;
mod ends;
mod passive;
mod persistent;
mod remember;
mod told;

use axum::Router;
use axum_bare_session::{DefaultScope, Duration, Sessions, SessionsBuilder};
use axum_bare_session::{OffsetDateTime, add_session_middleware};

use crate::support::{Browser, Clock, Spy, visitor_routes};

const MICROSECOND: Duration = Duration::MICROSECOND;

/// A browser before the visitor's routes, with a clock moved by hand and a storage that counts.
struct House {
    clock: Clock,
    storage: Spy,
    browser: Browser,
    sessions: Sessions,
}

impl House {
    fn new(configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder) -> Self {
        Self::over(Spy::new(), Clock::new(), configure)
    }

    fn over(
        storage: Spy,
        clock: Clock,
        configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder,
    ) -> Self {
        Self::with_routes(storage, clock, configure, Router::new())
    }

    fn with_routes(
        storage: Spy,
        clock: Clock,
        configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder,
        more: Router,
    ) -> Self {
        let builder = Sessions::builder(storage.clone()).clock(clock.reader());
        let sessions = configure(builder).build().unwrap();
        let routes = visitor_routes::<DefaultScope>().merge(more);
        let browser = Browser::new(add_session_middleware(routes, sessions.clone()));
        Self {
            clock,
            storage,
            browser,
            sessions,
        }
    }

    async fn get(&mut self, path: &str) -> String {
        self.browser.get(path).await.body
    }

    /// The `Max-Age` and `Expires` that the response sends, or `None` if it sends no cookie.
    async fn lifetime(&mut self, path: &str) -> Option<(Option<i64>, Option<String>)> {
        let cookie = self.browser.get(path).await.set_cookie()?;
        let (max_age, expires) = cookie.lifetime();
        Some((max_age, expires.map(str::to_owned)))
    }

    async fn is_alive(&mut self) -> bool {
        self.get("/read").await != "none"
    }

    /// When the session ends, as the storage has it.
    async fn expires_at(&mut self) -> OffsetDateTime {
        let micros: i128 = self.get("/expires").await.parse().unwrap();
        OffsetDateTime::from_unix_timestamp_nanos(micros * 1_000).unwrap()
    }
}

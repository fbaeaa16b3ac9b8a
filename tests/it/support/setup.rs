use axum::Router;
use axum::routing::get;
use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{
    DefaultScope, MemorySessionStorage, Sessions, SessionsBuilder, add_session_middleware,
};

use super::visit::wait_for_test;
use super::visitor::visitor_routes;
use super::{Browser, Clock, Spy};

/// An application whose route `/` waits for the test, its storage and its clock.
pub(crate) struct Setup<S = MemorySessionStorage> {
    pub(crate) storage: Spy<S>,
    pub(crate) clock: Clock,
    pub(crate) sessions: Sessions,
    app: Router,
}

impl Setup {
    pub(crate) fn new() -> Self {
        Self::build(Router::new(), |builder| builder)
    }

    /// With `routes` beside `/`.
    pub(crate) fn serving(routes: Router) -> Self {
        Self::build(routes, |builder| builder)
    }

    pub(crate) fn configured(configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder) -> Self {
        Self::build(Router::new(), configure)
    }

    pub(crate) fn build(
        routes: Router,
        configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder,
    ) -> Self {
        Self::over(Spy::new(), Clock::new(), routes, configure)
    }
}

impl<S: SessionStorage + Clone> Setup<S> {
    pub(crate) fn over(
        storage: Spy<S>,
        clock: Clock,
        routes: Router,
        configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder,
    ) -> Self {
        let builder = Sessions::builder(storage.clone()).clock(clock.reader());
        let sessions = configure(builder).build().unwrap();
        let app = routes.route("/", get(wait_for_test));
        Self {
            app: add_session_middleware(app, sessions.clone()),
            storage,
            clock,
            sessions,
        }
    }

    /// A browser without cookies, of another application over these `sessions`.
    pub(crate) fn browser_of(&self, sessions: Sessions) -> Browser {
        let app = visitor_routes::<DefaultScope>().route("/", get(wait_for_test));
        Browser::new(add_session_middleware(app, sessions))
    }

    /// A browser without cookies.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.app.clone())
    }

    /// A browser with a session that has the key `x` at 1.
    pub(crate) async fn visitor(&self) -> Browser {
        let mut browser = self.browser();
        browser.visit(|session| session.insert("x", 1)).await;
        self.storage.take_calls();
        browser
    }

    /// A browser with a session of `owner` that has the key `x` at 1.
    pub(crate) async fn user(&self, owner: &str) -> Browser {
        let mut browser = self.visitor().await;
        browser.visit(|session| session.log_in(owner)).await;
        self.storage.take_calls();
        browser
    }
}

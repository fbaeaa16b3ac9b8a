use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use axum_bare_session::{
    CachedSessionStorage, SessionData, SessionError, SessionId, Sessions, SessionsBuilder,
    add_session_middleware,
};
use tokio::task::yield_now;

use crate::support::{Browser, Call, Clock, Fault, Spy, wait_for_test};

/// Two processes, each with a cache of its own, over one remote storage.
pub(super) struct House {
    pub(super) remote: Spy,
    pub(super) clock: Clock,
    pub(super) a: Node,
    pub(super) b: Node,
}

pub(super) struct Node {
    pub(super) storage: CachedSessionStorage<Spy>,
    pub(super) sessions: Sessions,
    app: Router,
}

impl House {
    pub(super) fn new() -> Self {
        Self::over(Spy::new(), Clock::new())
    }

    pub(super) fn over(remote: Spy, clock: Clock) -> Self {
        let node = || Node::new(&remote, &clock);
        let (a, b) = (node(), node());
        Self {
            remote,
            clock,
            a,
            b,
        }
    }

    /// With a remote storage that yields to other requests before each call, as one across a network does.
    pub(super) fn yielding() -> Self {
        let house = Self::new();
        for call in [Call::Load, Call::Save, Call::Touch, Call::Delete] {
            house.remote.fault(call, Fault::Yield);
        }
        house
    }

    /// A browser at node A with a session of `user:42` that has the key `x` at 1; node A holds it.
    pub(super) async fn user(&self) -> Browser {
        let mut browser = self.a.browser();
        let begin = |session: &SessionData| {
            session.insert("x", 1)?;
            session.log_in("user:42")
        };
        browser.visit(begin).await;
        self.remote.take_calls();
        browser
    }

    /// The only session of `user:42`.
    pub(super) async fn id(&self) -> SessionId {
        self.a.sessions.list("user:42").await.unwrap()[0].id()
    }
}

impl Node {
    fn new(remote: &Spy, clock: &Clock) -> Self {
        Self::configured(remote, clock, |builder| builder)
    }

    pub(super) fn configured(
        remote: &Spy,
        clock: &Clock,
        configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder,
    ) -> Self {
        let storage = CachedSessionStorage::new(remote.clone());
        let builder = Sessions::builder(storage.clone()).clock(clock.reader());
        let sessions = configure(builder).build().unwrap();
        let app = Router::new()
            .route("/", get(wait_for_test))
            .route("/count", get(count))
            .route("/set/{key}", get(set));
        Self {
            app: add_session_middleware(app, sessions.clone()),
            storage,
            sessions,
        }
    }

    pub(super) fn browser(&self) -> Browser {
        Browser::new(self.app.clone())
    }

    /// The browser, with its cookies as they are, when its next requests come here.
    pub(super) fn receives(&self, browser: &Browser) -> Browser {
        let mut here = self.browser();
        here.cookies = browser.cookies.clone();
        here
    }
}

async fn count(session: SessionData) -> Result<(), SessionError> {
    yield_now().await;
    session.modify("n", |n: &mut usize| *n += 1)
}

async fn set(session: SessionData, Path(key): Path<String>) -> Result<(), SessionError> {
    yield_now().await;
    session.insert(key, true)
}

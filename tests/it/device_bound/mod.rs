//! Sessions bound to a device: registration, refresh, and that a copied cookie is worth ten minutes.

mod bad_input;
mod callers;
mod device;
mod elsewhere;
mod enforcement;
mod races;
mod refresh;
mod registration;

use axum::Router;
use axum::http::Method;
use axum::routing::get;
use axum_bare_session::{
    DefaultScope, DeviceBoundSession, Duration, MemorySessionStorage, SessionData, SessionError,
    SessionEventKind, SessionInfo, Sessions, SessionsBuilder, SuspectedTheft,
    add_session_middleware,
};
use tokio::sync::mpsc;

use self::device::{Device, base64, offered};
use crate::support::{Browser, Call, Clock, Fault, Log, Reply, SetCookie, Spy, visitor_routes};

const COOKIE_NAME: &str = "__Host-Http-id";
const BOUND_NAME: &str = "__Host-id-bound";
const PATH: &str = "/device-bound";

fn routes() -> Router {
    let log_in = async |session: SessionData| session.log_in("ada");
    let again = async |session: SessionData| session.reauthenticated();
    let remember = async |session: SessionData| session.remember(Duration::days(7));
    let keeping = async |session: SessionData| session.log_out_keeping(["count"]);
    let owner = async |session: SessionData| session.owner().unwrap_or_default();
    let token = async |session: SessionData| -> Result<String, SessionError> {
        Ok(session.bearer_token().await?.expose().to_owned())
    };
    let keys = async |session: DeviceBoundSession| session.owner().unwrap_or_default();
    Router::new()
        .route("/log_in", get(log_in))
        .route("/again", get(again))
        .route("/remember", get(remember))
        .route("/keeping", get(keeping))
        .route("/owner", get(owner))
        .route("/token", get(token))
        .route("/keys", get(keys))
        .merge(visitor_routes::<DefaultScope>())
}

struct House {
    clock: Clock,
    storage: Spy,
    sessions: Sessions,
    app: Router,
    events: mpsc::Receiver<axum_bare_session::SessionEvent>,
}

impl House {
    fn new() -> Self {
        Self::configured(|builder| builder)
    }

    fn configured(configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder) -> Self {
        let (clock, storage) = (Clock::new(), Spy::new());
        let (sender, events) = mpsc::channel(1024);
        let builder = Sessions::builder(storage.clone()).clock(clock.reader());
        let builder = builder.device_bound(PATH).events(sender);
        let sessions = configure(builder).build().unwrap();
        Self {
            app: add_session_middleware(routes(), sessions.clone()),
            clock,
            storage,
            sessions,
            events,
        }
    }

    fn browser(&self) -> Browser {
        Browser::new(self.app.clone())
    }

    /// A browser that has logged in, bound to its device, past the grace.
    async fn bound(&mut self) -> (Browser, Device) {
        let (mut browser, mut device) = (self.browser(), Device::new(1));
        browser.log_in_on(&mut device).await;
        self.clock.advance(Duration::MINUTE);
        self.storage.take_calls();
        self.take_events();
        (browser, device)
    }

    async fn listed(&self) -> Vec<SessionInfo> {
        self.sessions.list("ada").await.unwrap()
    }

    fn take_events(&mut self) -> Vec<SessionEventKind> {
        std::iter::from_fn(|| self.events.try_recv().ok())
            .map(|event| event.kind)
            .collect()
    }
}

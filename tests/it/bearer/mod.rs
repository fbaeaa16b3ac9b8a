//! Bearer sessions: apps and command lines on the routes of browsers.

mod life;
mod reading;

use axum::Router;
use axum::http::Method;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::routing::get;
use axum_bare_session::{
    ConfigError, DefaultScope, Duration, MemorySessionStorage, SessionData, SessionError,
    SessionEventKind, Sessions, SessionsBuilder, Transport, add_session_middleware,
};

use crate::support::{Browser, Clock, Log, Reply, Spy, visitor_routes};

const COOKIE_NAME: &str = "__Host-Http-id";

async fn log_in(session: SessionData) -> Result<String, SessionError> {
    session.log_in("ada")?;
    token(session).await
}

async fn token(session: SessionData) -> Result<String, SessionError> {
    Ok(session.bearer_token().await?.expose().to_owned())
}

async fn transport(session: SessionData) -> String {
    format!(
        "{:?} {}",
        session.transport(),
        session.owner().unwrap_or_default()
    )
}

fn routes() -> Router {
    let leave = async |session: SessionData| {
        session.log_out();
        session.insert("flash", "bye")
    };
    let keeping = async |session: SessionData| {
        session.log_out_keeping(["count"])?;
        token(session).await
    };
    let leave_quietly = async |session: SessionData| session.log_out_keeping(["count"]);
    Router::new()
        .route("/leave_quietly", get(leave_quietly))
        .route("/token", get(log_in))
        .route("/again", get(token))
        .route("/transport", get(transport))
        .route("/leave", get(leave))
        .route("/keeping", get(keeping))
        .merge(visitor_routes::<DefaultScope>())
}

struct House {
    clock: Clock,
    storage: Spy,
    sessions: Sessions,
    app: Router,
}

impl House {
    fn new(configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder) -> Self {
        let (clock, storage) = (Clock::new(), Spy::new());
        let builder = Sessions::builder(storage.clone()).clock(clock.reader());
        let sessions = configure(builder.bearer_tokens("shop_")).build().unwrap();
        let app = add_session_middleware(routes(), sessions.clone());
        Self {
            clock,
            storage,
            sessions,
            app,
        }
    }

    fn browser(&self) -> Browser {
        Browser::new(self.app.clone())
    }

    /// A command line that has logged in, with its token.
    async fn client(&self) -> String {
        let reply = self.browser().get("/token").await;
        assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (200, 0));
        reply.body
    }

    async fn get(&self, path: &str, token: &str) -> Reply {
        self.with_lines(path, &[&format!("Bearer {token}")]).await
    }

    async fn with_lines(&self, path: &str, lines: &[&str]) -> Reply {
        let headers: Vec<_> = lines
            .iter()
            .map(|line| (AUTHORIZATION, line.as_bytes()))
            .collect();
        self.browser().send(Method::GET, path, &headers).await
    }
}

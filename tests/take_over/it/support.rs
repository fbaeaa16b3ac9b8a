use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum_bare_session::{
    FreshSession, MemorySessionStorage, SessionData, SessionError, Sessions, add_session_middleware,
};
use tokio::sync::Barrier;
use tower::ServiceExt;
use tower_sessions_0_15::service::CookieController;
use tower_sessions_0_15::session::{Id, Record};
use tower_sessions_0_15::{
    Expiry, MemoryStore, Session, SessionManagerLayer, SessionStore, cookie::time::Duration,
};

use crate::recipe::{OldCookie, OldSessions, Users, take_over};

pub(crate) const NEW: &str = "__Host-Http-id";
pub(crate) const OLD: &str = "id";

/// What a browser keeps, by name.
#[derive(Clone, Default)]
pub(crate) struct Jar(pub(crate) BTreeMap<String, String>);

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) set_cookies: Vec<String>,
    pub(crate) body: String,
}

impl Jar {
    pub(crate) async fn get(&mut self, app: &Router, path: &str) -> Reply {
        self.send(app, "GET", path).await
    }

    pub(crate) async fn post(&mut self, app: &Router, path: &str) -> Reply {
        self.send(app, "POST", path).await
    }

    async fn send(&mut self, app: &Router, method: &str, path: &str) -> Reply {
        let reply = self.clone().unanswered(app, method, path).await;
        self.keep(&reply);
        reply
    }

    /// A request whose reply does not get to the browser.
    pub(crate) async fn unanswered(self, app: &Router, method: &str, path: &str) -> Reply {
        let cookies: Vec<_> = self.0.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let request = Request::builder().method(method).uri(path);
        let request = request.header(COOKIE, cookies.join("; "));
        let request = request.body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let set_cookies = parts.headers.get_all(SET_COOKIE).iter();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Reply {
            status: parts.status,
            set_cookies: set_cookies.map(|it| it.to_str().unwrap().into()).collect(),
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    pub(crate) fn keep(&mut self, reply: &Reply) {
        for cookie in &reply.set_cookies {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

/// The application before the switch, as it is written with tower-sessions.
pub(crate) fn before(store: MemoryStore) -> Router {
    let layer = SessionManagerLayer::new(store);
    before_with(layer.with_expiry(Expiry::OnInactivity(Duration::days(30))))
}

pub(crate) fn before_with<C: CookieController + Sync>(
    layer: SessionManagerLayer<MemoryStore, C>,
) -> Router {
    let log_in = async |session: Session| {
        session.cycle_id().await.unwrap();
        session.insert("user_id", 42).await.unwrap();
    };
    let put = async |session: Session, Path(item): Path<String>| {
        let cart = session.get::<Vec<String>>("cart").await.unwrap();
        let mut cart = cart.unwrap_or_default();
        cart.push(item);
        session.insert("cart", cart).await.unwrap();
    };
    Router::new()
        .route("/login", post(log_in))
        .route("/cart/{item}", post(put))
        .layer(layer)
}

/// A visitor of the application before the switch, with an apple in the cart.
pub(crate) async fn visitor(before: &Router) -> Jar {
    let mut browser = Jar::default();
    browser.post(before, "/cart/apple").await;
    assert_eq!(browser.names(), [OLD]);
    browser
}

pub(crate) async fn user(before: &Router) -> Jar {
    let mut browser = visitor(before).await;
    browser.post(before, "/login").await;
    browser
}

fn show(session: &SessionData) -> Result<String, SessionError> {
    let owner = session.owner().unwrap_or_else(|| "nobody".to_owned());
    let cart = session.get::<Vec<String>>("cart")?.unwrap_or_default();
    Ok(format!("{owner}: {}", cart.join(", ")))
}

/// The application after the switch.
pub(crate) struct After {
    pub(crate) app: Router,
    pub(crate) sessions: Sessions,
}

impl After {
    pub(crate) fn of<Store: SessionStore + Clone>(store: Store) -> Self {
        Self::with(OldSessions {
            store,
            cookie: OldCookie::Plain,
            users: Users { remember: false },
        })
    }

    pub(crate) fn with<Store: SessionStore + Clone>(old: OldSessions<Store>) -> Self {
        let routes = routes().layer(from_fn_with_state(old, take_over));
        let sessions = Sessions::from(MemorySessionStorage::new());
        Self {
            app: add_session_middleware(routes, sessions.clone()),
            sessions,
        }
    }
}

/// How many requests are answered at once by `/together`.
pub(crate) const CROWD: usize = 8;

pub(crate) fn routes() -> Router {
    let all_there = Arc::new(Barrier::new(CROWD));
    let together = async move |session: SessionData| {
        all_there.wait().await;
        show(&session)
    };
    let put = async |session: SessionData, Path(item): Path<String>| {
        session.modify("cart", move |cart: &mut Vec<String>| {
            cart.push(item.clone())
        })
    };
    let log_out = async |session: SessionData| {
        session.log_out();
        session.insert("flash", "You are logged out.")
    };
    let change_its_mind = async |session: SessionData| {
        session.insert("order", 1)?;
        session.revert();
        Ok::<_, SessionError>(StatusCode::CONFLICT)
    };
    Router::new()
        .route("/", get(async |session: SessionData| show(&session)))
        .route("/together", get(together))
        .route("/cart/{item}", post(put))
        .route("/logout", post(log_out))
        .route(
            "/logout/cart",
            post(async |session: SessionData| session.log_out_keeping(["cart"])),
        )
        .route("/empty", post(async |session: SessionData| session.clear()))
        .route("/changes-its-mind", post(change_its_mind))
        .route(
            "/login/{user}",
            post(async |session: SessionData, Path(user): Path<String>| session.log_in(user)),
        )
        .route("/password", get(async |_: FreshSession<3600>| "fresh"))
}

/// The old session of a browser, as its store has it.
pub(crate) async fn stored(store: &MemoryStore, browser: &Jar) -> Option<Record> {
    let id: Id = browser.0[OLD].parse().unwrap();
    store.load(&id).await.unwrap()
}

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum_bare_session::{MemorySessionStorage, SessionData, add_session_middleware};
use axum_login::{AuthManagerLayerBuilder, AuthSession, AuthUser, AuthnBackend};
use tower_sessions_0_14::{MemoryStore, Session, SessionManagerLayer};

use crate::support::{Jar, NEW, OLD};
use recipe::{OldCookie, OldSessions, Users, take_over};

/// The guide's own code, with the tower-sessions of axum-login.
#[expect(dead_code, reason = "protected cookies are tested beside")]
mod recipe {
    use axum_login::AuthUser;
    use serde::Deserialize;
    use tower_sessions_0_14 as tower_sessions;

    include!("../../../src/guide/take_over.rs");

    /// Accounts of an application with axum-login.
    #[derive(Clone)]
    pub struct Users(pub super::Accounts);

    include!("../../../src/guide/take_over_axum_login.rs");
}

/// The one account there is, by its password hash.
#[derive(Clone)]
pub(crate) struct Accounts(Arc<Mutex<&'static str>>);

#[derive(Clone, Debug)]
pub(crate) struct User(&'static str);

impl AuthUser for User {
    type Id = u64;

    fn id(&self) -> u64 {
        42
    }

    fn session_auth_hash(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Accounts {
    pub(crate) async fn user(&self, id: u64) -> Option<User> {
        (id == 42).then(|| User(*self.0.lock().unwrap()))
    }
}

impl AuthnBackend for Accounts {
    type User = User;
    type Credentials = ();
    type Error = Infallible;

    async fn authenticate(&self, (): ()) -> Result<Option<User>, Infallible> {
        Ok(self.user(42).await)
    }

    async fn get_user(&self, id: &u64) -> Result<Option<User>, Infallible> {
        Ok(self.user(*id).await)
    }
}

/// A browser that axum-login has logged in, and the application after the switch.
async fn switched(accounts: &Accounts) -> (Jar, Router) {
    let store = MemoryStore::default();
    let log_in = async |mut auth: AuthSession<Accounts>, session: Session| {
        session.insert("cart", ["apple"]).await.unwrap();
        let user = auth.authenticate(()).await.unwrap().unwrap();
        auth.login(&user).await.unwrap();
    };
    let me = async |auth: AuthSession<Accounts>| auth.user.unwrap().id().to_string();
    let layer = SessionManagerLayer::new(store.clone());
    let before = Router::new()
        .route("/login", post(log_in))
        .route("/", get(me))
        .layer(AuthManagerLayerBuilder::new(accounts.clone(), layer).build());
    let mut browser = Jar::default();
    browser.post(&before, "/login").await;
    assert_eq!(browser.get(&before, "/").await.body, "42");
    assert_eq!(browser.names(), [OLD]);

    let me = async |State(accounts): State<Accounts>, session: SessionData| {
        if session.owner().is_some() {
            let hash = *accounts.0.lock().unwrap();
            session.check_stamp(hash).await.unwrap();
        }
        let owner = session.owner().unwrap_or_default();
        format!("{owner} {}", session.keys().join(", "))
    };
    let old = OldSessions {
        store,
        cookie: OldCookie::Plain,
        users: Users(accounts.clone()),
    };
    let routes = Router::new().route("/", get(me));
    let routes = routes.layer(from_fn_with_state(old, take_over));
    let app = add_session_middleware(routes, MemorySessionStorage::new());
    (browser, app.with_state(accounts.clone()))
}

#[tokio::test]
async fn who_logged_in_by_axum_login_stays_so_and_the_password_hash_is_their_stamp() {
    let accounts = Accounts(Arc::new(Mutex::new("hash")));
    let (mut browser, after) = switched(&accounts).await;
    assert_eq!(browser.get(&after, "/").await.body, "user:42 cart");
    assert_eq!(browser.get(&after, "/").await.body, "user:42 cart");
    assert_eq!(browser.names(), [NEW]);
}

#[tokio::test]
async fn an_old_session_from_before_a_new_password_is_not_taken_over() {
    let accounts = Accounts(Arc::new(Mutex::new("hash")));
    let (mut browser, after) = switched(&accounts).await;
    *accounts.0.lock().unwrap() = "another hash";
    assert_eq!(browser.get(&after, "/").await.body, " ");
    assert!(browser.names().is_empty());
}

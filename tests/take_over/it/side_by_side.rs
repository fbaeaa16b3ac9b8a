use axum::Router;
use axum::routing::get;
use axum_bare_session::{MemorySessionStorage, SessionData, Sessions, add_session_middleware};
use tower_sessions_0_15::{MemoryStore, Session, SessionManagerLayer};

use crate::support::{Jar, NEW, OLD};

/// An application with both, each of which counts the visits.
async fn both_count(is_secure: bool, names: [&str; 2]) {
    let visits = async |new: SessionData, old: Session| {
        let count = |visits: Option<u64>| visits.unwrap_or(0) + 1;
        let visit = new.update("visits", count).unwrap();
        let of_old = count(old.get("visits").await.unwrap());
        old.insert("visits", of_old).await.unwrap();
        format!("{visit}, {of_old}")
    };
    let sessions = Sessions::builder(MemorySessionStorage::new()).secure(is_secure);
    let old = SessionManagerLayer::new(MemoryStore::default()).with_secure(is_secure);
    let router = Router::new().route("/", get(visits)).layer(old);
    let app = add_session_middleware(router, sessions.build().unwrap());
    let mut browser = Jar::default();
    for visit in 1..4 {
        let reply = browser.get(&app, "/").await;
        assert_eq!(reply.body, format!("{visit}, {visit}"));
    }
    assert_eq!(browser.names(), names);
}

#[tokio::test]
async fn with_their_default_names_neither_takes_the_others_cookie_for_its_own() {
    both_count(true, [NEW, OLD]).await;
    both_count(false, [OLD, "sid"]).await;
}

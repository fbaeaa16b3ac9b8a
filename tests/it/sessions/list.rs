use axum::routing::get;
use axum_bare_session::{
    Duration, Key, SessionData, SessionError, Sessions, add_session_middleware,
};

use super::{House, id};
use crate::support::{Browser, Call, Fault};

#[tokio::test]
async fn the_sessions_of_an_owner_are_listed_the_last_seen_first() {
    let house = House::new();
    let first = house.logged_in("ada").await;
    house.clock.advance(Duration::hours(1));
    let second = house.logged_in("ada").await;
    let _another = house.logged_in("bob").await;
    let listed = house.sessions.list("ada").await.unwrap();
    let ids: Vec<_> = listed.iter().map(|session| session.id()).collect();
    assert_eq!(ids, [id(&second), id(&first)]);

    house.clock.advance(Duration::hours(2));
    first.clone().get("/read").await;
    let listed = house.sessions.list("ada").await.unwrap();
    let ids: Vec<_> = listed.iter().map(|session| session.id()).collect();
    assert_eq!(ids, [id(&first), id(&second)]);
}

#[tokio::test]
async fn a_listed_session_tells_its_times_and_its_values() {
    const COUNT: Key<u64> = Key::new("count");
    let house = House::new();
    let start = house.clock.now();
    let mut browser = house.browser();
    browser.get("/count").await;
    house.clock.advance(Duration::hours(1));
    browser.get("/log_in/ada").await;
    let log_in = house.clock.now();
    house.clock.advance(Duration::hours(3));
    browser.get("/read").await;

    let [session] = &house.sessions.list("ada").await.unwrap()[..] else {
        panic!("one session");
    };
    assert_eq!(session.id(), id(&browser));
    assert_eq!(session.created_at(), start);
    assert_eq!(session.authenticated_at(), Some(log_in));
    assert_eq!(session.last_seen(), house.clock.now());
    assert_eq!(session.expires_at(), house.clock.now() + Duration::days(1));
    assert_eq!(session.get(COUNT).unwrap(), Some(1));
    assert_eq!(session.get::<u64>("count").unwrap(), Some(1));
    assert_eq!(session.get::<u64>("absent").unwrap(), None);
    let error = session.get::<String>("count").unwrap_err();
    assert!(matches!(error, SessionError::Deserialize { .. }));
}

#[tokio::test]
async fn neither_anonymous_nor_logged_out_nor_expired_sessions_are_listed() {
    let house = House::new();
    house.browser().get("/count").await;
    let mut gone = house.logged_in("ada").await;
    gone.get("/log_out").await;
    let _old = house.logged_in("ada").await;
    house.clock.advance(Duration::days(1));
    let live = house.logged_in("ada").await;
    let listed = house.sessions.list("ada").await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].id(), id(&live));
    assert!(house.sessions.list("").await.unwrap().is_empty());
    assert!(house.sessions.list("stranger").await.unwrap().is_empty());
}

#[tokio::test]
async fn an_owner_is_compared_letter_by_letter() {
    let house = House::new();
    house.logged_in("ada").await;
    for other in ["Ada", "ada ", "ad", "adaa", "%61da", "*", "ada\0"] {
        let listed = house.sessions.list(other).await.unwrap();
        assert!(listed.is_empty(), "{other:?}");
    }
}

#[tokio::test]
async fn an_owner_is_any_text_of_1_to_255_bytes() {
    let longest = "o".repeat(255);
    let unicode = "é".repeat(127);
    for owner in [
        "user:42",
        " ",
        "\0",
        "\u{1f36a}",
        "a/b?c",
        &*unicode,
        &*longest,
    ] {
        let house = House::new();
        let own = owner.to_owned();
        let log_in = async move |session: SessionData| session.log_in(&own);
        let routes = axum::Router::new().route("/", get(log_in));
        let app = add_session_middleware(routes, house.sessions.clone());
        let reply = Browser::new(app).get("/").await;
        assert!(reply.set_cookie().is_some(), "{owner:?}");
        assert_eq!(house.sessions.list(owner).await.unwrap().len(), 1);
    }
    let session: SessionData = SessionData::detached();
    for (owner, bytes) in [("", 0), (&*"o".repeat(256), 256), (&*"é".repeat(128), 256)] {
        let refused = session.log_in(owner).unwrap_err();
        assert!(matches!(refused, SessionError::InvalidOwner { length, .. } if length == bytes));
    }
    assert_eq!(session.owner(), None);
}

#[tokio::test]
async fn a_session_that_changes_its_owner_moves_from_one_list_to_the_other() {
    let house = House::new();
    let mut browser = house.logged_in("ada").await;
    browser.get("/log_in/bob").await;
    assert!(house.sessions.list("ada").await.unwrap().is_empty());
    let listed = house.sessions.list("bob").await.unwrap();
    assert_eq!(listed[0].id(), id(&browser));
}

#[tokio::test]
async fn the_extractor_gives_a_handler_the_service_of_its_middleware() {
    async fn devices(session: SessionData, sessions: Sessions) -> Result<String, SessionError> {
        let owner = session.owner().unwrap_or_default();
        Ok(sessions.list(&owner).await?.len().to_string())
    }
    let house = House::new();
    let routes = crate::support::visitor_routes::<axum_bare_session::DefaultScope>();
    let routes = routes.route("/devices", get(devices));
    let mut browser = Browser::new(add_session_middleware(routes, house.sessions.clone()));
    browser.get("/log_in/ada").await;
    house.logged_in("ada").await;
    assert_eq!(browser.get("/devices").await.body, "2");
}

#[tokio::test]
async fn extracting_the_service_alone_consults_no_session() {
    let house = House::new();
    let routes = axum::Router::new().route("/", get(async |_: Sessions| "well"));
    let app = add_session_middleware(routes, house.sessions.clone());
    let mut browser = Browser::new(app);
    browser.cookies = house.logged_in("ada").await.cookies;
    house.storage.take_calls();
    let reply = browser.get("/").await;
    assert_eq!(reply.body, "well");
    assert!(!reply.headers.contains_key("vary"));
    assert_eq!(house.storage.take_calls().total(), 0);
}

#[tokio::test]
async fn a_storage_that_fails_is_an_error_with_its_source() {
    use axum_bare_session::storage::{StorageError, StorageErrorKind};
    use std::error::Error;
    let house = House::new();
    house.storage.fault(Call::List, Fault::Fail);
    let error = house.sessions.list("ada").await.unwrap_err();
    assert!(matches!(error, SessionError::Storage(_)));
    let source = error.source().unwrap();
    let source = source.downcast_ref::<StorageError>().unwrap();
    assert_eq!(source.kind(), StorageErrorKind::Unavailable);
    house.storage.fault(Call::DeleteOwned, Fault::Fail);
    assert!(house.sessions.revoke_all("ada").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_storage_that_hangs_is_given_up_after_its_time_limit() {
    let house = House::new();
    house.storage.fault(Call::List, Fault::Hang);
    assert!(house.sessions.list("ada").await.is_err());
    house.storage.fault(Call::Delete, Fault::Hang);
    let session = id(&house.logged_in("ada").await);
    assert!(house.sessions.revoke(session).await.is_err());
}

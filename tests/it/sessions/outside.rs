//! Sessions that are created and read without a request.

use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{
    AtSessionLimit, CachedSessionStorage, CreatedSession, DefaultScope, Duration,
    MemorySessionStorage, SessionError, SessionEventKind as Kind, Sessions, SigningKey,
    add_session_middleware,
};

use crate::support::{
    Backend, Browser, Call, Clock, Fault, Log, Setup, on_each_storage, visitor_routes,
};

fn setup() -> Setup {
    Setup::serving(visitor_routes::<DefaultScope>())
}

/// A browser with the cookie of a session that was created.
fn browser_with<S: SessionStorage + Clone>(setup: &Setup<S>, created: &CreatedSession) -> Browser {
    with_cookie(setup.browser(), created)
}

fn with_cookie(mut browser: Browser, created: &CreatedSession) -> Browser {
    let cookie = created.cookie().to_str().unwrap();
    let (name, value) = cookie.split_once('=').unwrap();
    browser.cookies.insert(name.to_owned(), value.to_owned());
    browser
}

async fn one_that_is_created_is_opened_by_its_cookie_and_read_afterwards<B: Backend>() {
    let setup = B::serving(visitor_routes::<DefaultScope>()).await;
    let ada = setup.sessions.create(|session| {
        session.log_in("ada")?;
        session.insert("count", 7)
    });
    let ada = ada.await.unwrap();
    let mut browser = browser_with(&setup, &ada);
    let reply = browser.get("/count").await;
    assert_eq!((reply.body.as_str(), reply.set_cookies().len()), ("8", 0));

    let by_id = setup.sessions.find(ada.id()).await.unwrap().unwrap();
    let by_cookie = setup.sessions.find_by_cookie(ada.cookie()).await;
    for session in [by_id, by_cookie.unwrap().unwrap()] {
        assert_eq!(session.id(), ada.id());
        assert_eq!(session.owner(), Some("ada"));
        assert_eq!(session.get::<u64>("count").unwrap(), Some(8));
        assert_eq!(session.get::<u64>("y").unwrap(), None);
    }
    browser.get("/log_out").await;
    let by_cookie = setup.sessions.find_by_cookie(ada.cookie()).await;
    assert!(by_cookie.unwrap().is_none());
    assert!(setup.sessions.find(ada.id()).await.unwrap().is_none());
}

on_each_storage! {
    one_that_is_created_is_opened_by_its_cookie_and_read_afterwards
}

#[tokio::test]
async fn a_session_is_found_by_what_a_response_sent() {
    let setup = setup();
    let mut browser = setup.browser();
    let reply = browser.get("/count").await;
    let line = reply.set_cookies()[0];
    assert!(line.contains("; Path=/"));
    let found = setup.sessions.find_by_cookie(line).await.unwrap().unwrap();
    assert_eq!(found.get::<u64>("count").unwrap(), Some(1));
    let among_others = format!("a=b; {}; c", browser.cookie().unwrap());
    let found = setup.sessions.find_by_cookie(among_others).await.unwrap();
    assert!(found.is_some());

    let removal = browser.get("/log_out").await;
    for nothing in [removal.set_cookies()[0], line, "", "a=b", "\n", "ä"] {
        let found = setup.sessions.find_by_cookie(nothing).await.unwrap();
        assert!(found.is_none(), "{nothing}");
    }
}

#[tokio::test]
async fn a_log_in_from_outside_counts_among_its_owners_and_is_told() {
    let (sender, mut events) = tokio::sync::mpsc::channel(9);
    let setup = Setup::configured(|builder| {
        let limit = AtSessionLimit::RefuseLogIn;
        builder.max_sessions_per_owner(1, limit).events(sender)
    });
    let log_in = || setup.sessions.create(|session| session.log_in("ada"));
    let first = log_in().await.unwrap();
    for kind in [Kind::Created, Kind::LoggedIn] {
        let event = events.try_recv().unwrap();
        assert_eq!((event.kind, event.id), (kind, first.id()));
    }
    let refused = log_in().await.unwrap_err();
    assert!(matches!(refused, SessionError::TooManySessions { max: 1 }));
    assert_eq!(events.try_recv().unwrap().kind, Kind::LogInRefused);
    assert_eq!(setup.sessions.list("ada").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_cookie_is_signed_where_cookies_are() {
    let setup = Setup::build(visitor_routes::<DefaultScope>(), |builder| {
        builder.signing_keys([SigningKey::new([1; 32]).unwrap()])
    });
    let log_in = setup.sessions.create(|session| session.log_in("ada"));
    let ada = log_in.await.unwrap();
    assert_eq!(ada.cookie().len(), "__Host-Http-id=".len() + 64 + 32);
    assert_eq!(browser_with(&setup, &ada).get("/read").await.body, "0");
}

#[tokio::test]
async fn what_is_not_worth_a_record_or_cannot_be_written_or_saved_is_an_error() {
    let setup = setup();
    let sessions = &setup.sessions;
    let nothing = sessions.create(|_| Ok(())).await;
    assert!(matches!(nothing, Err(SessionError::Empty)));
    let only_a_label = sessions.create(|session| session.set_label("phone")).await;
    assert!(matches!(only_a_label, Err(SessionError::Empty)));
    let refused = sessions.create(|session| session.log_in("")).await;
    assert!(matches!(refused, Err(SessionError::InvalidOwner { .. })));
    setup.storage.fault(Call::Save, Fault::Fail);
    let unsaved = sessions.create(|session| session.log_in("ada")).await;
    assert!(matches!(unsaved, Err(SessionError::Storage(_))));
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_handle_that_outlives_the_creation_can_ask_for_no_other_cookie() {
    let setup = setup();
    let mut kept = None;
    let created = setup.sessions.create(|session| {
        kept = Some(session.clone());
        session.log_in("ada")
    });
    let created = created.await.unwrap();
    let session = kept.unwrap();
    assert!(matches!(session.renew(), Err(SessionError::ResponseSent)));
    session.insert("late", true).unwrap();
    session.save().await.unwrap();
    let found = setup.sessions.find(created.id()).await.unwrap().unwrap();
    assert_eq!(found.get::<bool>("late").unwrap(), Some(true));
}

#[tokio::test]
async fn to_look_is_no_activity_and_finds_none_that_has_expired() {
    let setup = setup();
    let log_in = setup.sessions.create(|session| session.log_in("ada"));
    let ada = log_in.await.unwrap();
    setup.storage.take_calls();
    // The second time so near to its end that a request would put that off.
    for seconds in [86_400 - 10, 10] {
        assert!(setup.sessions.find(ada.id()).await.unwrap().is_some());
        let by_cookie = setup.sessions.find_by_cookie(ada.cookie()).await;
        assert!(by_cookie.unwrap().is_some());
        setup.clock.advance(Duration::seconds(seconds));
    }
    assert!(setup.sessions.find(ada.id()).await.unwrap().is_none());
    let by_cookie = setup.sessions.find_by_cookie(ada.cookie()).await;
    assert!(by_cookie.unwrap().is_none());
    let calls = setup.storage.take_calls();
    assert_eq!(calls.total(), calls.load);
}

#[tokio::test]
async fn one_that_a_cache_takes_for_expired_is_looked_up_behind_it() {
    let (remote, clock) = (MemorySessionStorage::new(), Clock::new());
    let process = || {
        let cache = CachedSessionStorage::with_limits(remote.clone(), 9, Duration::HOUR);
        let builder = Sessions::builder(cache).clock(clock.reader());
        builder.build().unwrap()
    };
    let (one, other) = (process(), process());
    let ada = one.create(|session| session.log_in("ada")).await.unwrap();
    clock.advance(Duration::hours(20));
    let routes = visitor_routes::<DefaultScope>();
    let browser = Browser::new(add_session_middleware(routes, other));
    let mut browser = with_cookie(browser, &ada);
    assert_eq!(browser.get("/read").await.body, "0");
    clock.advance(Duration::hours(20));
    assert!(one.find(ada.id()).await.unwrap().is_some());
    assert!(one.find_by_cookie(ada.cookie()).await.unwrap().is_some());
}

#[tokio::test]
async fn no_session_of_another_scope_is_found() {
    struct Admin;
    let setup = setup();
    let admins = Sessions::builder(setup.storage.clone()).scope::<Admin>();
    let admins = admins
        .clock(setup.clock.reader())
        .cookie_name("__Host-admin");
    let admins = admins.build().unwrap();
    let root = admins.create(|session| session.log_in("root")).await;
    let root = root.unwrap();
    let found = admins.find(root.id()).await.unwrap().unwrap();
    assert_eq!(found.owner(), Some("root"));
    assert!(setup.sessions.find(root.id()).await.unwrap().is_none());
    let renamed = root.cookie().to_str().unwrap();
    let renamed = renamed.replace("__Host-admin", "__Host-Http-id");
    let by_cookie = setup.sessions.find_by_cookie(renamed).await.unwrap();
    assert!(by_cookie.is_none());
}

#[tokio::test]
async fn debug_shows_no_secret_of_a_created_session() {
    let setup = setup();
    let log_in = setup.sessions.create(|session| session.log_in("ada"));
    let ada = log_in.await.unwrap();
    let secret = &ada.cookie().to_str().unwrap()["__Host-Http-id=".len() + 22..];
    let shown = format!("{ada:?}");
    assert!(shown.contains(&ada.id().to_string()), "{shown}");
    assert!(!shown.contains(secret), "{shown}");
}

#[tokio::test]
async fn a_seed_and_a_clock_make_all_ids_and_secrets_and_are_warned_of() {
    let seeded = |seed| {
        let clock = crate::support::Clock::new();
        let builder = Sessions::builder(MemorySessionStorage::new());
        let builder = builder.clock(clock.reader()).insecure_seed(seed);
        builder.build().unwrap()
    };
    let log = Log::new();
    let (one, same, other) = (seeded(1), seeded(1), seeded(2));
    assert_eq!(log.text().matches("WARN").count(), 3, "{}", log.text());
    let log_in = async |sessions: &Sessions| {
        let created = sessions.create(|session| session.log_in("ada")).await;
        created.unwrap().cookie().clone()
    };
    let first = log_in(&one).await;
    assert_eq!(first, log_in(&same).await);
    assert_ne!(first, log_in(&one).await);
    assert_ne!(first, log_in(&other).await);
}

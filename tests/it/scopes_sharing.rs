//! Scopes that share a storage share nothing else: no sessions, no owners, no limit.

use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{
    AtSessionLimit, DefaultScope, SessionEvent, SessionEventKind, Sessions, SessionsBuilder,
    add_session_middleware,
};
use tokio::sync::mpsc::{Receiver, channel};

use crate::support::{Backend, Browser, Setup, id_of, on_each_storage, visitor_routes};

/// The scope of a second session.
enum Admin {}

const ADMIN: &str = "__Host-admin";
const VISITOR: &str = "__Host-Http-id";

struct House<S> {
    setup: Setup<S>,
    admins: Sessions<Admin>,
    events: Receiver<SessionEvent>,
    browser: Browser,
}

/// Both scopes over one storage, each with a limit of two.
async fn house<B: Backend>() -> House<B::Storage> {
    let limit =
        |builder: SessionsBuilder| builder.max_sessions_per_owner(2, AtSessionLimit::EndOldest);
    let setup = B::configured(limit).await;
    let (sender, events) = channel(100);
    let admins = Sessions::builder(setup.storage.clone())
        .clock(setup.clock.reader())
        .max_sessions_per_owner(2, AtSessionLimit::EndOldest)
        .events(sender)
        .scope::<Admin>()
        .cookie_name(ADMIN)
        .build()
        .unwrap();
    let routes = visitor_routes::<DefaultScope>().nest("/admin", visitor_routes::<Admin>());
    let app = add_session_middleware(routes, setup.sessions.clone());
    let browser = Browser::new(add_session_middleware(app, admins.clone()));
    House {
        setup,
        admins,
        events,
        browser,
    }
}

impl<S: SessionStorage + Clone> House<S> {
    /// Whether a browser is logged in as visitor, and as admin.
    async fn state(&self, browser: &Browser) -> [bool; 2] {
        let mut browser = browser.clone();
        let visitor = browser.get("/read").await.body != "none";
        [visitor, browser.get("/admin/read").await.body != "none"]
    }

    async fn counts(&self, owner: &str) -> [usize; 2] {
        let visitors = self.setup.sessions.list(owner).await.unwrap().len();
        [visitors, self.admins.list(owner).await.unwrap().len()]
    }

    /// A browser that is logged in in both scopes, under one name.
    async fn both(&self, owner: &str) -> Browser {
        let mut browser = self.browser.clone();
        browser.get(&format!("/log_in/{owner}")).await;
        browser.get(&format!("/admin/log_in/{owner}")).await;
        browser
    }
}

async fn a_list_and_its_end_stop_at_the_scope<B: Backend>() {
    let house = house::<B>().await;
    let browser = house.both("root").await;
    assert_eq!(house.counts("root").await, [1, 1]);
    assert_eq!(house.admins.revoke_all("root").await.unwrap(), 1);
    assert_eq!(house.counts("root").await, [1, 0]);
    assert_eq!(house.state(&browser).await, [true, false]);

    let browser = house.both("ada").await;
    let keep = id_of(&browser.cookies[ADMIN]);
    let sessions = &house.setup.sessions;
    assert_eq!(sessions.revoke_others("ada", keep).await.unwrap(), 1);
    assert_eq!(house.state(&browser).await, [false, true]);
}

async fn the_id_of_another_scopes_session_ends_nothing<B: Backend>() {
    let mut house = house::<B>().await;
    // One of an owner's, and one of nobody's.
    let owned = house.both("root").await;
    let mut anonymous = house.browser.clone();
    anonymous.get("/count").await;
    anonymous.get("/admin/count").await;
    while house.events.try_recv().is_ok() {}
    for browser in [&owned, &anonymous] {
        let (visitor, admin) = (
            id_of(&browser.cookies[VISITOR]),
            id_of(&browser.cookies[ADMIN]),
        );
        house.admins.revoke(visitor).await.unwrap();
        house.setup.sessions.revoke(admin).await.unwrap();
        assert!(!house.admins.revoke_owned("root", visitor).await.unwrap());
        let sessions = &house.setup.sessions;
        assert!(!sessions.revoke_owned("root", admin).await.unwrap());
        assert_eq!(house.state(browser).await, [true, true]);
    }
    assert!(house.events.try_recv().is_err(), "nothing is told");
    house
        .admins
        .revoke(id_of(&owned.cookies[ADMIN]))
        .await
        .unwrap();
    assert_eq!(house.state(&owned).await, [true, false]);
}

async fn the_limit_of_one_scope_counts_none_of_another<B: Backend>() {
    let house = house::<B>().await;
    let mut browsers = Vec::new();
    for _ in 0..2 {
        house
            .setup
            .clock
            .advance(axum_bare_session::Duration::minutes(2));
        browsers.push(house.both("root").await);
    }
    for browser in &browsers {
        assert_eq!(house.state(browser).await, [true, true]);
    }
    house
        .setup
        .clock
        .advance(axum_bare_session::Duration::minutes(2));
    let mut third = house.browser.clone();
    third.get("/admin/log_in/root").await;
    assert_eq!(house.state(&browsers[0]).await, [true, false]);
    assert_eq!(house.state(&browsers[1]).await, [true, true]);
    assert_eq!(house.counts("root").await, [2, 2]);
}

async fn an_event_and_a_session_name_the_owner_as_the_application_does<B: Backend>() {
    let mut house = house::<B>().await;
    let browser = house.both("root").await;
    house
        .admins
        .revoke(id_of(&browser.cookies[ADMIN]))
        .await
        .unwrap();
    let mut owners = Vec::new();
    while let Ok(event) = house.events.try_recv() {
        owners.extend(event.owner.map(|owner| owner.to_string()));
    }
    assert!(owners.len() >= 2, "{owners:?}");
    assert!(owners.iter().all(|owner| owner == "root"), "{owners:?}");
}

/// U+001F stands between a scope and an owner in what the storage keeps.
async fn no_name_of_an_owner_reaches_into_another_scope<B: Backend>() {
    let house = house::<B>().await;
    let name = format!("{ADMIN}\u{1f}root");
    let admin = house.both("root").await;
    let mut user = house.browser.clone();
    let reply = user.get(&format!("/log_in/{ADMIN}%1Froot")).await;
    assert_eq!(reply.body, name);
    assert_eq!(house.counts("root").await, [1, 1]);
    assert_eq!(house.counts(&name).await, [1, 0]);
    let listed = house.setup.sessions.list(&name).await.unwrap();
    assert_eq!(listed[0].owner(), Some(&*name));
    assert_eq!(house.setup.sessions.revoke_all(&name).await.unwrap(), 1);
    assert_eq!(house.state(&user).await, [false, false]);
    assert_eq!(house.state(&admin).await, [true, true]);
}

async fn a_cookie_of_one_scope_opens_nothing_in_the_other<B: Backend>() {
    let mut house = house::<B>().await;
    let browser = house.both("root").await;
    while house.events.try_recv().is_ok() {}
    for (path, name, value) in [("/admin/read", ADMIN, VISITOR), ("/read", VISITOR, ADMIN)] {
        let line = format!("{name}={}", browser.cookies[value]);
        let reply = browser.get_with_cookies(path, &[line.as_bytes()]).await;
        assert_eq!(reply.body, "none", "{path}");
        let path = path.replace("read", "log_out");
        browser.get_with_cookies(&path, &[line.as_bytes()]).await;
    }
    // Whose it is, is the other scope's to know.
    while let Ok(event) = house.events.try_recv() {
        let refused = (SessionEventKind::UnknownId, None);
        assert_eq!((event.kind, event.owner), refused);
    }
    assert_eq!(house.state(&browser).await, [true, true]);
}

on_each_storage! {
    a_list_and_its_end_stop_at_the_scope
    the_id_of_another_scopes_session_ends_nothing
    the_limit_of_one_scope_counts_none_of_another
    an_event_and_a_session_name_the_owner_as_the_application_does
    no_name_of_an_owner_reaches_into_another_scope
    a_cookie_of_one_scope_opens_nothing_in_the_other
}

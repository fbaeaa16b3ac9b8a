//! A running application gets another cookie name, domain or path: visitors stay logged in.

use axum_bare_session::{
    AtSessionLimit, ConfigError, DefaultScope, Duration, FormerCookie, MemorySessionStorage,
    SessionData, SessionError, Sessions, SessionsBuilder, SigningKey, add_session_middleware,
};

use super::NAME;
use crate::support::{Browser, Clock, Setup, Spy, visitor_routes};

/// An application before and after its cookie changes, on one storage.
struct House {
    clock: Clock,
    storage: Spy,
}

impl House {
    fn new() -> Self {
        let (clock, storage) = (Clock::new(), Spy::new());
        Self { clock, storage }
    }

    fn browser(&self, configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder) -> Browser {
        let builder = Sessions::builder(self.storage.clone()).clock(self.clock.reader());
        let sessions = configure(builder).build().unwrap();
        Browser::new(add_session_middleware(
            visitor_routes::<DefaultScope>(),
            sessions,
        ))
    }

    /// A visitor of the application as it was, who has counted to 1, now before the application as it is.
    async fn moved(
        &self,
        before: impl FnOnce(SessionsBuilder) -> SessionsBuilder,
        now: impl FnOnce(SessionsBuilder) -> SessionsBuilder,
    ) -> Browser {
        let mut browser = self.browser(before);
        browser.get("/count").await;
        let mut now = self.browser(now);
        now.cookies = browser.cookies;
        now
    }
}

fn removal(name: &str, attributes: &str) -> String {
    let removal = "Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    format!("{name}=; {removal}{attributes}")
}

#[tokio::test]
async fn the_next_response_moves_a_session_to_the_new_name() {
    let house = House::new();
    let mut browser = house
        .moved(
            |b| b.cookie_name("sid").domain("example.com").path("/app"),
            |b| b.former_cookie(FormerCookie::new("sid").domain("example.com").path("/app")),
        )
        .await;
    let secret = browser.cookies["sid"].clone();
    house.storage.take_calls();
    let reply = browser.get("/read").await;
    assert_eq!(reply.body, "1");
    let attributes = "; HttpOnly; SameSite=Lax; Secure; Path=/app; Domain=example.com";
    let lines = reply.set_cookies();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], removal("sid", attributes));
    assert!(lines[1].starts_with(&format!("{NAME}={secret}; ")));
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(
        (house.storage.take_calls().total(), browser.cookies.len()),
        (2, 1)
    );

    // (A cookie goes out where the storage has just confirmed its secret.) From then on it is as any other.
    assert_eq!(browser.get("/read").await.set_cookies(), [""; 0]);
    assert_eq!(browser.get("/count").await.set_cookies(), [""; 0]);
    assert_eq!(browser.get("/read").await.body, "2");
}

#[tokio::test]
async fn without_the_call_it_is_no_session_and_stays_as_it_is() {
    let house = House::new();
    let mut browser = house.moved(|b| b.cookie_name("sid"), |b| b).await;
    let reply = browser.get("/read").await;
    assert_eq!((&*reply.body, reply.set_cookies().len()), ("none", 0));
}

#[tokio::test]
async fn a_former_cookie_that_opens_nothing_stays_as_it_is() {
    let house = House::new();
    let former = |b: SessionsBuilder| b.former_cookie(FormerCookie::new("sid"));
    let mut browser = house.moved(|b| b.cookie_name("sid"), former).await;
    browser.cookies.insert("sid".into(), "A".repeat(64));
    let reply = browser.get("/read").await;
    assert_eq!((&*reply.body, reply.set_cookies().len()), ("none", 0));
}

#[tokio::test]
async fn a_log_out_under_the_former_cookie_ends_the_session_and_removes_both() {
    let house = House::new();
    let former = |b: SessionsBuilder| b.former_cookie(FormerCookie::new("sid"));
    let mut browser = house.moved(|b| b.cookie_name("sid"), former).await;
    let stolen = browser.clone();
    let reply = browser.get("/log_out").await;
    let names: Vec<_> = reply.set_cookies();
    assert!(names[0].starts_with("sid=; ") && names[1].starts_with(&format!("{NAME}=; ")));
    assert_eq!(stolen.clone().get("/read").await.body, "none");
}

#[tokio::test]
async fn a_session_beside_the_present_one_ends_with_the_log_out() {
    let house = House::new();
    let former = |b: SessionsBuilder| b.former_cookie(FormerCookie::new("sid"));
    let mut browser = house.moved(|b| b.cookie_name("sid"), former).await;
    let mut beside = house.browser(former);
    beside.get("/count").await;
    beside.get("/count").await;
    let old = browser.cookies["sid"].clone();
    browser.cookies.extend(beside.cookies.clone());
    // The present one counts.
    assert_eq!(browser.get("/read").await.body, "2");
    browser.cookies.insert("sid".into(), old.clone());
    browser.get("/log_out").await;
    browser.cookies.clear();
    browser.cookies.insert("sid".into(), old);
    assert_eq!(browser.get("/read").await.body, "none");
    assert_eq!(house.storage.stored().await, 0);
}

/// A log-in ends the session of the former cookie first, and is then refused.
#[tokio::test]
async fn the_present_cookie_stays_where_only_a_session_beside_it_has_ended() {
    let setup = Setup::configured(|builder| {
        builder
            .former_cookie(FormerCookie::new("sid"))
            .max_sessions_per_owner(1, AtSessionLimit::RefuseLogIn)
    });
    setup.user("ada").await;
    let builder = Sessions::builder(setup.storage.clone()).clock(setup.clock.reader());
    let mut former = setup.browser_of(builder.cookie_name("sid").build().unwrap());
    former.get("/count").await;
    let mut browser = setup.visitor().await;
    browser.cookies.extend(former.cookies);
    let visit = browser.begin().await;
    visit.session.log_in("ada").unwrap();
    let refused = visit.session.save().await;
    assert!(matches!(
        refused,
        Err(SessionError::TooManySessions { max: 1 })
    ));
    let reply = visit.respond("too many").await;
    assert_eq!(reply.set_cookies(), [""; 0]);
    browser.keep(&reply);
    assert_eq!(browser.keys().await, ["x"]);
}

/// Sent before the renewal, and loaded after it.
#[tokio::test]
async fn a_former_cookie_never_replaces_that_of_a_session_which_was_just_renewed() {
    let setup = Setup::configured(|builder| builder.former_cookie(FormerCookie::new("sid")));
    let builder = Sessions::builder(setup.storage.clone()).clock(setup.clock.reader());
    let mut former = setup.browser_of(builder.cookie_name("sid").build().unwrap());
    former.get("/count").await;
    let mut browser = setup.visitor().await;
    browser.cookies.extend(former.cookies.clone());
    let late = browser.clone();
    browser.visit(SessionData::renew).await;
    browser.cookies.extend(former.cookies.clone());
    let visit = late.begin().await;
    assert!(visit.session.is_new());
    let reply = visit.finish().await;
    assert_eq!(reply.set_cookies(), [""; 0]);
    browser.keep(&reply);
    assert_eq!(browser.keys().await, ["x"]);
    // It can end both.
    let visit = late.begin().await;
    visit.session.log_out();
    visit.finish().await;
    assert_eq!(setup.storage.stored().await, 0);
}

#[tokio::test]
async fn a_log_in_ends_the_sessions_of_two_present_cookies_and_of_a_former_one() {
    let setup = Setup::configured(|builder| builder.former_cookie(FormerCookie::new("sid")));
    let builder = Sessions::builder(setup.storage.clone()).clock(setup.clock.reader());
    let mut former = setup.browser_of(builder.cookie_name("sid").build().unwrap());
    former.get("/count").await;
    let (one, two) = (setup.visitor().await, setup.visitor().await);
    let cookies = [former.cookie(), two.cookie()].map(Option::unwrap);
    let visit = one.begin_with_cookie(&cookies.join("; ")).await;
    visit.session.log_in("ada").unwrap();
    visit.finish().await;
    assert_eq!(setup.storage.stored().await, 1);
    assert_eq!(setup.sessions.list("ada").await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_the_same_name_it_is_moved_when_the_session_is_changed_or_touched() {
    let house = House::new();
    let before = |b: SessionsBuilder| b.cookie_name("sid").domain("example.com");
    let now = |b: SessionsBuilder| {
        b.cookie_name("sid")
            .former_cookie(FormerCookie::new("sid").domain("example.com"))
    };
    let attributes = "; HttpOnly; SameSite=Lax; Secure; Path=/; Domain=example.com";
    for path in ["/count", "/read"] {
        let mut browser = house.moved(before, now).await;
        let secret = browser.cookies["sid"].clone();
        if path == "/read" {
            assert_eq!(browser.get("/read").await.set_cookies(), [""; 0]);
            house.clock.advance(Duration::hours(2));
        }
        let reply = browser.get(path).await;
        let lines = reply.set_cookies();
        assert_eq!(lines.len(), 2, "{path}");
        assert_eq!(lines[0], removal("sid", attributes));
        let moved = format!("sid={secret}; HttpOnly; SameSite=Lax; Secure; Path=/");
        assert_eq!(lines[1], moved);
    }
}

#[tokio::test]
async fn a_former_cookie_is_signed_as_it_was() {
    let house = House::new();
    let signed = |b: SessionsBuilder| b.signing_keys([SigningKey::new([7; 32]).unwrap()]);
    let mut browser = house
        .moved(
            |b| signed(b).cookie_name("sid"),
            |b| signed(b).former_cookie(FormerCookie::new("sid")),
        )
        .await;
    assert_eq!(browser.get("/read").await.body, "1");
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), [NAME]);
    assert_eq!(browser.get("/read").await.body, "1");
}

#[test]
fn what_cannot_be_a_former_cookie_is_refused() {
    let build = |configure: fn(SessionsBuilder) -> SessionsBuilder| {
        let builder = Sessions::builder(MemorySessionStorage::new());
        configure(builder).build().map(drop)
    };
    let name = |name: &str| name.to_owned();
    let malformed = build(|b| b.former_cookie(FormerCookie::new("a b")));
    assert_eq!(
        malformed,
        Err(ConfigError::CookieName { name: name("a b") })
    );
    let present = build(|b| b.former_cookie(FormerCookie::new("__Host-Http-id")));
    let expected = ConfigError::FormerCookieIsPresent { name: name(NAME) };
    assert_eq!(present, Err(expected));
    let dotted = build(|b| {
        b.cookie_name("sid")
            .domain("example.com")
            .former_cookie(FormerCookie::new("sid").domain(".Example.com"))
    });
    let expected = ConfigError::FormerCookieIsPresent { name: name("sid") };
    assert_eq!(dotted, Err(expected));

    struct Admin;
    let scoped = Sessions::builder(MemorySessionStorage::new())
        .scope::<Admin>()
        .cookie_name("admin")
        .former_cookie(FormerCookie::new("adm"))
        .build();
    let expected = ConfigError::FormerNameOfScope { name: name("adm") };
    assert_eq!(scoped.map(drop), Err(expected));
}

/// A former secret is one under whatever name it comes.
#[tokio::test]
async fn a_replaced_secret_in_the_former_cookie_is_told_as_suspected_theft() {
    let house = House::new();
    let renewing = |b: SessionsBuilder| b.renewal_interval(Duration::minutes(15));
    let mut browser = house.browser(|b| renewing(b).cookie_name("sid"));
    browser.get("/count").await;
    let thief = browser.clone();
    for _ in 0..2 {
        house.clock.advance(Duration::minutes(20));
        browser.get("/count").await;
    }
    // No request is on its way for so long.
    house.clock.advance(Duration::minutes(2));
    let (sender, mut events) = tokio::sync::mpsc::channel(16);
    let former = FormerCookie::new("sid");
    let mut now = house.browser(|b| renewing(b).former_cookie(former).events(sender));
    now.cookies = thief.cookies;
    assert_eq!(now.get("/read").await.body, "none");
    let told = std::iter::from_fn(|| events.try_recv().ok()).map(|event| event.kind);
    let told: Vec<_> = told.collect();
    assert_eq!(told, [axum_bare_session::SessionEventKind::SuspectedTheft]);
}

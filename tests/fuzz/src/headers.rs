use std::cell::RefCell;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, COOKIE, SET_COOKIE, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::routing::get;
use axum_bare_session::{
    ClearSiteData, MemorySessionStorage, SessionData, SessionError, Sessions,
    add_session_middleware,
};

use crate::house::{done, now, response};
use crate::{input, reference};

const NAME: &str = "id";
const CLEAR_SITE_DATA: &str = "clear-site-data";

/// What a handler does with the session of its request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    Ignore,
    LookAsVisitor,
    Look,
    Create,
    Renew,
    LogOut,
}

const ACTIONS: [Action; 6] = [
    Action::Ignore,
    Action::LookAsVisitor,
    Action::Look,
    Action::Create,
    Action::Renew,
    Action::LogOut,
];

thread_local! {
    /// What the next handler says.
    static SAID: RefCell<HeaderMap> = RefCell::default();
}

/// Whatever a handler says in its headers, the session's cookie is the only one of its name, caches are told of it, and
/// all else reaches the client as it was.
pub fn headers(input: &[u8]) {
    let Some((&first, lines)) = input.split_first() else {
        return;
    };
    let action = ACTIONS[usize::from(first) % ACTIONS.len()];
    let said = said(lines);
    SAID.set(said.clone());

    thread_local!(static SITES: [(Sessions, Router); 6] = ACTIONS.map(site));
    let (sessions, app) = SITES.with(|sites| sites[usize::from(first) % ACTIONS.len()].clone());
    let mut brought = HeaderMap::new();
    if matches!(action, Action::Look | Action::Renew | Action::LogOut) {
        // Who has no owner makes room for the next one.
        let created = done(sessions.create(|session| match action {
            Action::LogOut => session.log_in("ann"),
            _ => session.insert("key", "value"),
        }));
        brought.insert(COOKIE, created.expect("there is room").cookie().clone());
    }
    let response = response(&app, brought);
    assert_eq!(response.status(), StatusCode::OK, "{action:?}");
    let told = response.headers();

    let cookie = check_cookies(action, &said, told);
    if let (Action::Create | Action::Renew, Some(cookie)) = (action, &cookie) {
        let opened = done(sessions.find_by_cookie(cookie)).expect("memory loads");
        assert!(opened.is_some(), "{action:?}");
    }
    check_vary(action, &said, told);
    check_caching(action, cookie.is_some(), &said, told);
    let clear = match (said.get(CLEAR_SITE_DATA), action) {
        (None, Action::LogOut) => Some(&HeaderValue::from_static(r#""cache", "cookies""#)),
        (said, _) => said,
    };
    assert_eq!(told.get(CLEAR_SITE_DATA), clear);
    // The router tells the length of the body.
    let is_another = |name: &&HeaderName| {
        let ours = [SET_COOKIE, VARY, CONTENT_LENGTH];
        !ours.contains(name) && !is_of_caches(name) && **name != CLEAR_SITE_DATA
    };
    for header in said.keys().chain(told.keys()).filter(is_another) {
        assert_same_lines(header, &said, told);
    }
}

/// The session's cookie, beside which stand those of other names.
fn check_cookies(action: Action, said: &HeaderMap, told: &HeaderMap) -> Option<HeaderValue> {
    let lines = told.get_all(SET_COOKIE).iter();
    let (ours, others): (Vec<_>, Vec<_>) = lines.partition(|line| names_ours(line));
    let said: Vec<_> = said.get_all(SET_COOKIE).iter().collect();
    let kept: Vec<_> = said
        .iter()
        .filter(|line| !names_ours(line))
        .copied()
        .collect();
    assert_eq!(others, kept, "{action:?}");
    let is_removal = |line: &HeaderValue| line.as_bytes().starts_with(b"id=; Max-Age=0;");
    match (action, &ours[..]) {
        (Action::Create | Action::Renew, [set]) => assert!(!is_removal(set)),
        (Action::LogOut, [removal]) => assert!(is_removal(removal)),
        (Action::Ignore | Action::LookAsVisitor | Action::Look, []) => {}
        _ => panic!("{action:?}: {ours:?}"),
    }
    ours.first().copied().cloned()
}

/// RFC 6265bis, section 5.6: a line without `=` sets a cookie without a name.
fn names_ours(line: &HeaderValue) -> bool {
    let pair = line.as_bytes().split(|&byte| byte == b';').next();
    !reference::cookies(pair.as_slice(), NAME.as_bytes()).is_empty()
}

fn check_vary(action: Action, said: &HeaderMap, told: &HeaderMap) {
    if action == Action::Ignore {
        return assert_same_lines(&VARY, said, told);
    }
    assert_kept(&VARY, said, told);
    if let Some(members) = members(told, &VARY) {
        let is_enough = |it: &Vec<u8>| it == b"*" || it.eq_ignore_ascii_case(b"cookie");
        assert!(members.iter().any(is_enough), "{told:?}");
    }
}

fn check_caching(action: Action, has_cookie: bool, said: &HeaderMap, told: &HeaderMap) {
    let headers: Vec<_> = said.keys().filter(|name| is_of_caches(name)).collect();
    if !has_cookie {
        for header in &headers {
            assert_same_lines(header, said, told);
        }
        if !said.contains_key(CACHE_CONTROL) {
            let private = (action == Action::Look).then_some("private".as_bytes());
            let cache = told.get(CACHE_CONTROL).map(HeaderValue::as_bytes);
            assert_eq!(cache, private, "{action:?}");
        }
        return;
    }
    for header in headers.into_iter().chain([&CACHE_CONTROL]) {
        assert_kept(header, said, told);
        if let Some(members) = members(told, header) {
            let forbids = |it: &Vec<u8>| it.eq_ignore_ascii_case(b"no-store");
            assert!(members.iter().any(forbids), "{header}: {told:?}");
        }
    }
}

/// RFC 9213, and what it grew out of.
fn is_of_caches(name: &HeaderName) -> bool {
    let name = name.as_str();
    name == "cache-control" || name.ends_with("-cache-control") || name == "surrogate-control"
}

fn assert_same_lines(header: &HeaderName, said: &HeaderMap, told: &HeaderMap) {
    let lines = |headers: &HeaderMap| {
        let lines = headers.get_all(header).iter().cloned();
        lines.collect::<Vec<_>>()
    };
    assert_eq!(lines(told), lines(said), "{header}");
}

/// Asserts that every member that the handler said still stands there, in its order.
fn assert_kept(header: &HeaderName, said: &HeaderMap, told: &HeaderMap) {
    if let (Some(said), Some(told)) = (members(said, header), members(told, header)) {
        assert!(told.starts_with(&said), "{header}: {said:?} {told:?}");
    }
}

/// The members of all lines of a header; `None` where one of them is malformed.
fn members(headers: &HeaderMap, header: &HeaderName) -> Option<Vec<Vec<u8>>> {
    let lines = headers.get_all(header).iter();
    let members: Option<Vec<_>> = lines.map(|it| reference::members(it.as_bytes())).collect();
    Some(members?.concat())
}

/// A site whose page does that, and its few sessions.
fn site(action: Action) -> (Sessions, Router) {
    let sessions = Sessions::builder(MemorySessionStorage::with_max_sessions(4))
        .cookie_name(NAME)
        .clear_site_data([ClearSiteData::Cache, ClearSiteData::Cookies])
        .clock(now)
        .build();
    let sessions: Sessions = sessions.expect("it is right");
    let app = add_session_middleware(router(action), sessions.clone());
    (sessions, app)
}

fn router(action: Action) -> Router {
    let look = get(async |_: SessionData| SAID.take());
    let write = get(async move |session: SessionData| {
        match action {
            Action::Create => session.insert("key", "value")?,
            Action::Renew => session.renew()?,
            _ => session.log_out(),
        }
        Ok::<_, SessionError>(SAID.take())
    });
    Router::new().route(
        "/",
        match action {
            Action::Ignore => get(async || SAID.take()),
            Action::LookAsVisitor | Action::Look => look,
            Action::Create | Action::Renew | Action::LogOut => write,
        },
    )
}

/// A handler's headers: each line a name and, behind a colon, a value. The control characters 1 to 8 stand for names
/// and for the session's cookie.
fn said(lines: &[u8]) -> HeaderMap {
    let pieces = [
        "set-cookie:",
        "vary:",
        "cache-control:",
        "cdn-cache-control:",
        "surrogate-control:",
        "clear-site-data:",
        NAME,
        "no-store",
    ];
    let pieces = pieces.map(Vec::from);
    let mut headers = HeaderMap::new();
    for line in input::lines(lines, &pieces) {
        let line = line.as_bytes();
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            continue;
        };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(&line[colon + 1..]);
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

use std::collections::BTreeMap;

use axum::Router;
use axum::http::header::{COOKIE, SET_COOKIE, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::get;
use axum_bare_session::{
    SessionData, SessionError, SessionId, Sessions, SigningKey, add_session_middleware,
};
use cookie::Cookie;

use crate::house::{Noting, done, now, response};
use crate::{input, reference};

/// How many well-formed cookies of one name are tried.
const TRIED: usize = 4;
const NAME: &str = "id";

const TITLES: [&str; 2] = ["ann", "ben"];

/// What comes of a request.
#[derive(Debug, PartialEq)]
struct Answer {
    /// Which sessions the storage was asked for.
    asked_for: Vec<SessionId>,
    /// Which session the page is in.
    title: Option<&'static str>,
    /// The name and the value that it sets: none, where the visitor only looks.
    cookie: Option<Vec<u8>>,
}

/// A site whose pages tell which session they were asked for in.
struct Site {
    app: Router,
    storage: Noting,
    keys: Vec<[u8; 32]>,
    /// The unsigned values of two live sessions, and what they are called.
    live: [(Vec<u8>, &'static str); 2],
    pieces: Vec<Vec<u8>>,
}

impl Site {
    fn new(keys: &[[u8; 32]]) -> Self {
        let storage = Noting::default();
        let mut sessions = Sessions::builder(storage.memory())
            .cookie_name(NAME)
            .clock(now)
            .insecure_seed(7);
        let mut reading = Sessions::builder(storage.clone())
            .cookie_name(NAME)
            .clock(now);
        if !keys.is_empty() {
            let ring = keys
                .iter()
                .map(|key| SigningKey::new(key).expect("32 bytes"));
            let ring: Vec<_> = ring.collect();
            sessions = sessions.signing_keys(ring.clone());
            reading = reading.signing_keys(ring);
        }
        let sessions: Sessions = sessions.build().expect("it is right");
        let live = TITLES.map(|title| {
            let created = done(sessions.create(|session| session.insert("title", title)));
            let created = created.expect("there is room");
            let pair = created.cookie().as_bytes();
            (pair[NAME.len() + 1..][..64].to_vec(), title)
        });
        let app = Router::new().route("/", get(title));
        let app = add_session_middleware(app, reading.build().expect("it is right"));
        let pieces = pieces(keys, &live[0].0, &live[1].0);
        Self {
            app,
            storage,
            keys: keys.to_vec(),
            live,
            pieces,
        }
    }

    fn check(&self, input: &[u8]) {
        let lines = input::lines(input, &self.pieces);
        let expected = self.expected(&lines);
        let headers = lines.iter().map(|line| (COOKIE, line.clone()));
        let response = response(&self.app, HeaderMap::from_iter(headers));
        assert_eq!(response.status(), StatusCode::OK);
        let told = response.headers().get("title").map(HeaderValue::as_bytes);
        let cookie = response
            .headers()
            .get(SET_COOKIE)
            .map(HeaderValue::as_bytes);
        let cookie = cookie.and_then(|line| line.split(|&byte| byte == b';').next());
        let answer = Answer {
            asked_for: self.storage.take(),
            title: TITLES.into_iter().find(|it| told == Some(it.as_bytes())),
            cookie: cookie.map(Vec::from),
        };
        assert_eq!(answer, expected, "{lines:?}");
        assert_eq!(response.headers()[VARY], "Cookie");
    }

    fn expected(&self, lines: &[HeaderValue]) -> Answer {
        let bytes: Vec<_> = lines.iter().map(HeaderValue::as_bytes).collect();
        let values = reference::cookies(&bytes, NAME.as_bytes());
        if let Some(others) = by_the_crate_cookie(lines) {
            assert_eq!(values, others, "two independent readers: {lines:?}");
        }
        let length = if self.keys.is_empty() { 64 } else { 64 + 32 };
        let (mut tried, mut asked_for, mut live) = (Vec::new(), Vec::new(), BTreeMap::new());
        for value in values {
            let is_next = value.len() == length && !tried.contains(&value) && tried.len() < TRIED;
            let token = is_next
                .then(|| reference::base64url(&value[..64]))
                .flatten();
            let Some(token) = token else { continue };
            tried.push(value);
            let (value, signature) = value.split_at(64);
            let signatures = self.signatures(value);
            let signed = signatures.iter().position(|it| it.as_bytes() == signature);
            if signed.is_none() && !self.keys.is_empty() {
                continue;
            }
            let id = uuid::Uuid::from_slice(&token[..16])
                .expect("16 bytes")
                .into();
            asked_for.push(id);
            if let Some(found) = self.live.iter().find(|(it, _)| it == value) {
                live.entry(id).or_insert((found, signed));
            }
        }
        let opened = live.pop_first();
        // Of two live ones neither.
        let Some((id, ((value, title), signed))) = opened.filter(|_| live.is_empty()) else {
            return Answer {
                asked_for,
                title: None,
                cookie: None,
            };
        };
        // Where another key signed it than the one of today, it is signed anew, if the session still is there.
        let is_sent = signed.is_some_and(|key| key > 0);
        asked_for.extend(is_sent.then_some(id));
        let cookie = || {
            let signature = self.signatures(value).swap_remove(0);
            [NAME.as_bytes(), b"=", value, signature.as_bytes()].concat()
        };
        Answer {
            asked_for,
            title: Some(title),
            cookie: is_sent.then(cookie),
        }
    }

    /// What each key makes of a value.
    fn signatures(&self, value: &[u8]) -> Vec<String> {
        let keys = self.keys.iter();
        keys.map(|key| reference::signature(key, NAME.as_bytes(), value))
            .collect()
    }
}

async fn title(session: SessionData) -> Result<HeaderMap, SessionError> {
    let title = session.get::<String>("title")?;
    let title = title.and_then(|title| title.try_into().ok());
    let headers = title.map(|title: HeaderValue| ("title".parse().expect("a name"), title));
    Ok(headers.into_iter().collect())
}

/// What the control characters 1 to 8 stand for.
fn pieces(keys: &[[u8; 32]], ann: &[u8], ben: &[u8]) -> Vec<Vec<u8>> {
    let signed = |key: Option<&[u8; 32]>, name: &str, value: &[u8]| {
        let signature = key.map(|key| reference::signature(key, name.as_bytes(), value));
        [value, signature.unwrap_or_default().as_bytes()].concat()
    };
    let (first, last) = (keys.first(), keys.last());
    let guessed = [&ann[..24], &[b'A'; 40]].concat();
    vec![
        NAME.into(),
        [b"; ", NAME.as_bytes(), b"="].concat(),
        signed(first, NAME, ann),
        signed(last, NAME, ben),
        // Ann's id with another secret, and an id that nobody has.
        signed(first, NAME, &guessed),
        signed(first, NAME, &[b'_'; 64]),
        // By a key that nobody has, and by ours for another cookie.
        signed(keys.first().map(|_| &[9; 32]), NAME, ann),
        signed(first, "other", ben),
    ]
}

/// The values as the crate `cookie` reads them; `None` where it cannot, or trims more than spaces and tabs: what is no
/// ASCII.
fn by_the_crate_cookie(lines: &[HeaderValue]) -> Option<Vec<&[u8]>> {
    let mut values = Vec::new();
    for line in lines {
        let line = str::from_utf8(line.as_bytes()).ok()?;
        if !line.is_ascii() {
            return None;
        }
        let cookies = Cookie::split_parse(line).filter_map(Result::ok);
        let cookies = cookies.filter(|cookie| cookie.name() == NAME);
        values.extend(cookies.map(|cookie| cookie.value_raw().expect("it was read").as_bytes()));
    }
    Some(values)
}

/// Session cookies are read as independent readers read them, whatever stands among them.
pub fn cookies(input: &[u8]) {
    thread_local!(static SITE: Site = Site::new(&[]));
    SITE.with(|site| site.check(input));
}

/// The same of signed ones: what nobody of ours has signed asks for no session.
pub fn signatures(input: &[u8]) {
    thread_local!(static SITE: Site = Site::new(&[[1; 32], [2; 32]]));
    SITE.with(|site| site.check(input));
}

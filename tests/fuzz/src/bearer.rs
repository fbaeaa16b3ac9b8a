use axum::Router;
use axum::http::header::{AUTHORIZATION, COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::get;
use axum_bare_session::{SessionData, SessionError, SessionId, Sessions, add_session_middleware};

use crate::house::{Noting, done, now, response};
use crate::{input, reference};

const PREFIX: &str = "abs_";

/// A site that browsers visit with cookies and programs with tokens.
struct Site {
    app: Router,
    storage: Noting,
    /// What a browser and a program bring, with the ids of their sessions.
    cookie: (HeaderValue, SessionId),
    token: (Vec<u8>, SessionId),
    pieces: Vec<Vec<u8>>,
}

/// What comes of a request.
#[derive(Debug, PartialEq)]
struct Answer {
    status: StatusCode,
    owner: Option<&'static str>,
    asked_for: Vec<SessionId>,
}

impl Site {
    fn new() -> Self {
        let storage = Noting::default();
        let sessions = Sessions::builder(storage.memory())
            .bearer_tokens(PREFIX)
            .clock(now)
            .insecure_seed(7)
            .build();
        let sessions: Sessions = sessions.expect("it is right");
        let browser = done(sessions.create(|session| session.log_in("browser")));
        let browser = browser.expect("there is room");

        let app = Router::new().route("/", get(token));
        let app = add_session_middleware(app, sessions.clone());
        let told = response(&app, HeaderMap::new());
        let token = told.headers()["token"].as_bytes().to_vec();
        let listed = done(sessions.list("program")).expect("memory lists");
        let value = browser.cookie().as_bytes();
        let pieces = pieces(&token, &value[value.len() - 64..]);

        let reading = Sessions::builder(storage.clone())
            .bearer_tokens(PREFIX)
            .clock(now)
            .build();
        let app = Router::new().route("/", get(owner));
        Self {
            app: add_session_middleware(app, reading.expect("it is right")),
            storage,
            cookie: (browser.cookie().clone(), browser.id()),
            token: (token, listed[0].id()),
            pieces,
        }
    }

    fn check(&self, input: &[u8]) {
        let lines = input::lines(input, &self.pieces);
        let mut headers = HeaderMap::from_iter([(COOKIE, self.cookie.0.clone())]);
        headers.extend(lines.iter().map(|line| (AUTHORIZATION, line.clone())));
        let response = response(&self.app, headers);
        let told = response.headers().get("owner").map(HeaderValue::as_bytes);
        let owners = ["browser", "program"];
        let answer = Answer {
            status: response.status(),
            owner: owners.into_iter().find(|it| told == Some(it.as_bytes())),
            asked_for: self.storage.take(),
        };
        assert_eq!(answer, self.expected(&lines), "{lines:?}");
        let is_challenged = response.headers().contains_key(WWW_AUTHENTICATE);
        assert_eq!(is_challenged, answer.status == StatusCode::UNAUTHORIZED);
    }

    /// RFC 6750, section 2.1: what a request asks for that brings these lines beside the browser's cookie.
    fn expected(&self, lines: &[HeaderValue]) -> Answer {
        let mut ours = lines.iter().filter_map(|line| {
            let line = String::from_utf8_lossy(line.as_bytes());
            let (scheme, token) = line.split_once(' ')?;
            let token = token.trim_matches([' ', '\t']);
            (scheme.to_lowercase() == "bearer")
                .then(|| token.strip_prefix(PREFIX).map(Vec::from))?
        });
        let Some(token) = ours.next() else {
            return Answer {
                status: StatusCode::OK,
                owner: Some("browser"),
                asked_for: vec![self.cookie.1],
            };
        };
        let is_token = lines.len() == 1 && token.len() == 64;
        let bytes = is_token.then(|| reference::base64url(&token)).flatten();
        let id = |bytes: &[u8]| {
            uuid::Uuid::from_slice(&bytes[..16])
                .expect("16 bytes")
                .into()
        };
        let is_known = bytes.is_some() && self.token.0 == [PREFIX.as_bytes(), &token].concat();
        Answer {
            status: if is_known {
                StatusCode::OK
            } else {
                StatusCode::UNAUTHORIZED
            },
            owner: is_known.then_some("program"),
            asked_for: bytes.iter().map(|bytes| id(bytes)).collect(),
        }
    }
}

async fn token(session: SessionData) -> Result<[(&'static str, String); 1], SessionError> {
    session.log_in("program")?;
    Ok([("token", session.bearer_token().await?.expose().to_owned())])
}

async fn owner(session: SessionData) -> [(&'static str, String); 1] {
    [("owner", session.owner().unwrap_or_default())]
}

/// What the control characters 1 to 6 stand for.
fn pieces(token: &[u8], cookie: &[u8]) -> Vec<Vec<u8>> {
    vec![
        b"Bearer ".to_vec(),
        PREFIX.into(),
        token.to_vec(),
        token[PREFIX.len()..].to_vec(),
        cookie.to_vec(),
        [b'_'; 64].to_vec(),
    ]
}

/// Bearer tokens are read as RFC 6750 says; what is none of ours leaves the request to its cookie.
pub fn bearer(input: &[u8]) {
    thread_local!(static SITE: Site = Site::new());
    SITE.with(|site| site.check(input));
}

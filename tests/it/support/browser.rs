use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Builder;
use axum::http::{HeaderMap, HeaderName, Method, Request, StatusCode};
use tower::ServiceExt;

/// A client that keeps cookies as a browser does, by name, and drops those whose `Max-Age` is 0.
///
/// A clone has the same cookies and a jar of its own from then on.
#[derive(Clone)]
pub(crate) struct Browser {
    app: Router,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn new(app: Router) -> Self {
        super::log::enable_events();
        Self {
            app,
            cookies: BTreeMap::new(),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.send(Method::GET, path, &[]).await
    }

    pub(crate) async fn post(&mut self, path: &str) -> Reply {
        self.send(Method::POST, path, &[]).await
    }

    /// Sends a request with the jar's cookies and `headers`, and puts the reply's cookies into the jar.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &[u8])],
    ) -> Reply {
        let reply = fetch(self.app.clone(), method, path, self.cookie(), headers).await;
        self.keep(&reply);
        reply
    }

    /// Sends `request` with the jar's cookies, and leaves the jar alone.
    pub(crate) async fn fetch(self, mut request: Builder) -> Reply {
        if let Some(cookie) = self.cookie() {
            request = request.header(COOKIE, cookie);
        }
        answer(self.app, request).await
    }

    /// Puts the reply's cookies into the jar.
    pub(crate) fn keep(&mut self, reply: &Reply) {
        for line in reply.set_cookies() {
            let pair = line.split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if line.contains("Max-Age=0;") || line.ends_with("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Sends a GET with exactly these `Cookie` header lines, and leaves the jar alone.
    pub(crate) async fn get_with_cookies(&self, path: &str, lines: &[&[u8]]) -> Reply {
        let headers: Vec<_> = lines.iter().map(|line| (COOKIE, *line)).collect();
        fetch(self.app.clone(), Method::GET, path, None, &headers).await
    }

    /// The jar as a `Cookie` header, or `None` if it is empty.
    pub(crate) fn cookie(&self) -> Option<String> {
        let pairs: Vec<_> = self
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

impl Reply {
    /// The value of our cookie that this response sets, if it sets one.
    pub(crate) fn new_cookie(&self) -> Option<String> {
        let lines = self.set_cookies();
        let mut pairs = lines.iter().filter_map(|line| line.split_once(';'));
        let value = pairs.find_map(|(pair, _)| pair.strip_prefix("__Host-Http-id="))?;
        (!value.is_empty()).then(|| value.to_owned())
    }

    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        let lines = self.headers.get_all(SET_COOKIE).into_iter();
        lines.map(|line| line.to_str().unwrap()).collect()
    }
}

async fn fetch(
    app: Router,
    method: Method,
    path: &str,
    cookie: Option<String>,
    headers: &[(HeaderName, &[u8])],
) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    answer(app, request).await
}

async fn answer(app: Router, request: Builder) -> Reply {
    let request = request.body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Reply {
        status: head.status,
        headers: head.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

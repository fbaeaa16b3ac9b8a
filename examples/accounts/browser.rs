//! A browser, for tests.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{Request, StatusCode};
use tower::ServiceExt;

/// A browser with one cookie, which follows no redirect.
#[derive(Clone)]
pub(crate) struct Browser {
    app: Router,
    cookie: String,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) set_cookie: String,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn new(app: &Router) -> Self {
        let (app, cookie) = (app.clone(), String::new());
        Self { app, cookie }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &str) -> Reply {
        let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(form.to_owned().into()).unwrap())
            .await
    }

    async fn send(&mut self, mut request: Request<Body>) -> Reply {
        let cookie = self.cookie.parse().unwrap();
        request.headers_mut().insert(COOKIE, cookie);
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, 100_000).await.unwrap();
        let header = |name| {
            let value = head.headers.get(name);
            value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
        };
        let (location, set_cookie) = (header(LOCATION), header(SET_COOKIE));
        if let Some((pair, _)) = set_cookie.split_once(';') {
            self.cookie = pair.to_owned();
        }
        let body = String::from_utf8(body.to_vec()).unwrap();
        Reply {
            status: head.status,
            location,
            set_cookie,
            body,
        }
    }
}

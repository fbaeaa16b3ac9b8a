use std::sync::{Arc, Mutex};

use axum::Extension;
use axum::http::Request;
use axum::http::header::COOKIE;
use axum::http::request::Builder;
use axum::response::{IntoResponse, Response};
use axum_bare_session::{SessionData, SessionError};
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Browser, Reply};

/// What a handler does with its session.
pub(crate) type Work = fn(&SessionData) -> Result<(), SessionError>;

/// A request under way, whose handler waits while the test does its work.
pub(crate) struct Visit {
    pub(crate) session: SessionData,
    respond: oneshot::Sender<Response>,
    reply: JoinHandle<Reply>,
}

type Handed = (SessionData, oneshot::Sender<Response>);

/// Where the handler leaves its session for the test.
#[derive(Clone)]
pub(crate) struct Exchange(Arc<Mutex<Option<oneshot::Sender<Handed>>>>);

/// Hands its session to the test, and responds as the test says.
pub(crate) async fn wait_for_test(
    session: SessionData,
    Extension(exchange): Extension<Exchange>,
) -> Response {
    let (respond, response) = oneshot::channel();
    let test = exchange.0.lock().unwrap().take().unwrap();
    assert!(test.send((session, respond)).is_ok());
    response.await.unwrap()
}

impl Visit {
    /// Lets the handler return, and reads the response.
    pub(crate) async fn finish(self) -> Reply {
        self.respond("done").await
    }

    /// Lets the handler return `response`.
    pub(crate) async fn respond(self, response: impl IntoResponse) -> Reply {
        self.begin_commit(response).await.unwrap()
    }

    /// Lets the handler return, and does not wait for what follows.
    pub(crate) fn begin_commit(self, response: impl IntoResponse) -> JoinHandle<Reply> {
        drop(self.session);
        self.respond.send(response.into_response()).unwrap();
        self.reply
    }

    /// The client hangs up while the handler is at work: its future is dropped.
    pub(crate) async fn hang_up(self) {
        hang_up(self.reply).await;
    }
}

/// The client hangs up: the future of its request is dropped.
pub(crate) async fn hang_up(request: JoinHandle<Reply>) {
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
}

impl Browser {
    /// Sends a request, and returns when its handler has the session.
    pub(crate) async fn begin(&self) -> Visit {
        self.begin_request(Request::builder()).await
    }

    /// Sends a request with this `Cookie` header beside the jar's.
    pub(crate) async fn begin_with_cookie(&self, cookie: &str) -> Visit {
        self.begin_request(Request::builder().header(COOKIE, cookie))
            .await
    }

    async fn begin_request(&self, request: Builder) -> Visit {
        let (test, handler) = oneshot::channel();
        let exchange = Exchange(Arc::new(Mutex::new(Some(test))));
        let request = request.uri("/").extension(exchange);
        let reply = tokio::spawn(self.clone().fetch(request));
        let (session, respond) = handler.await.expect("the handler runs");
        Visit {
            session,
            respond,
            reply,
        }
    }

    /// Sends a request whose handler does `work`, and keeps its cookies.
    pub(crate) async fn visit<T>(
        &mut self,
        work: impl FnOnce(&SessionData) -> Result<T, SessionError>,
    ) -> Reply {
        let visit = self.begin().await;
        work(&visit.session).unwrap();
        let reply = visit.finish().await;
        self.keep(&reply);
        reply
    }

    /// What a request finds under `key`.
    pub(crate) async fn read<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let visit = self.begin().await;
        let value = visit.session.get(key).unwrap();
        visit.finish().await;
        value
    }

    /// The keys that a request finds.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let visit = self.begin().await;
        let keys = visit.session.keys();
        visit.finish().await;
        keys
    }

    /// Whether the jar's cookie opens a session.
    pub(crate) async fn is_known(&self) -> bool {
        let visit = self.begin().await;
        let known = !visit.session.is_new();
        visit.finish().await;
        known
    }
}

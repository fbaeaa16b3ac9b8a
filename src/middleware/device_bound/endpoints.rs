use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{OriginalUri, Request};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::future::{BoxFuture, Either};

use super::refresh::refresh;
use super::register::register;
use crate::middleware::slot::Slot;
use crate::record::{Binding, SessionId};
use crate::service::service::Service;
use crate::session::{Outgoing, SessionError};
use crate::transport::device_bound::{
    CHALLENGE, Endpoint, ProofError, REGISTRATION, ask_again, challenge, instructions,
    is_of_another_site, registration,
};
use crate::transport::headers::forbid_caching;

/// What a browser sends to an endpoint.
pub(super) struct Call {
    pub(super) headers: HeaderMap,
    /// The endpoint's full URL, as the browser knows it.
    pub(super) url: String,
}

/// Why a browser gets no bound cookie.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Not with this session, or not with this key. The browser gives up its own session.
    Final,
    /// It has to sign this challenge first.
    Unproven(HeaderValue),
    /// Nobody knows. The browser tries again later.
    Failed(SessionError),
}

impl From<SessionError> for Refusal {
    fn from(error: SessionError) -> Self {
        Self::Failed(error)
    }
}

impl Refusal {
    /// One that a proof is the reason for.
    pub(super) fn of_proof(id: SessionId, error: ProofError) -> Self {
        tracing::warn!(session.id = %id, reason = %error, "proof of a device's key refused");
        Self::Final
    }
}

/// Answers a request to an endpoint of the protocol, and hands all others on.
pub(in crate::middleware) fn handle(
    slot: Option<&Arc<Slot>>,
    request: Request,
    next: Next,
) -> Either<BoxFuture<'static, Response>, impl Future<Output = Response> + Send + use<>> {
    let found = slot.and_then(|slot| {
        let endpoints = slot.service.endpoints.as_ref()?;
        let endpoint = endpoints.at(uri(&request).path())?;
        Some((Arc::clone(&slot.service), endpoint))
    });
    match found {
        Some((service, endpoint)) => {
            let url = url(&request);
            let (parts, _) = request.into_parts();
            Either::Left(Box::pin(answer(service, endpoint, parts, url)))
        }
        None => Either::Right(next.run(request)),
    }
}

async fn answer(
    service: Arc<Service>,
    endpoint: Endpoint,
    Parts {
        method, headers, ..
    }: Parts,
    url: String,
) -> Response {
    let mut response = if method != Method::POST {
        (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "POST")]).into_response()
    } else if is_of_another_site(&headers, &url) {
        StatusCode::FORBIDDEN.into_response()
    } else {
        let call = Call { headers, url };
        let binding = match endpoint {
            Endpoint::Registration => register(&service, &call).await,
            Endpoint::Refresh => refresh(&service, &call).await,
        };
        match binding {
            Ok(binding) => service.bound(&binding),
            Err(refusal) => refusal.into_response(),
        }
    };
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
    response
}

impl Service {
    /// Gives the browser that has proved itself another bound cookie, and the challenge for the next time.
    fn bound(&self, binding: &Binding) -> Response {
        let Some(endpoints) = &self.endpoints else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let now = self.now();
        let json = [(CONTENT_TYPE, "application/json")];
        let mut response = (json, instructions(endpoints, binding, &self.cookie)).into_response();
        let headers = response.headers_mut();
        headers.extend(
            self.cookie
                .set_bound(binding, now)
                .map(|it| (SET_COOKIE, it)),
        );
        headers.extend(challenge(binding, now).map(|it| (CHALLENGE, it)));
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Final => StatusCode::UNAUTHORIZED.into_response(),
            Self::Unproven(challenge) => {
                (StatusCode::FORBIDDEN, [(CHALLENGE, challenge)]).into_response()
            }
            Self::Failed(error) => error.into_response(),
        }
    }
}

impl Slot {
    /// Offers the browser that has logged in to bind its session; takes the bound cookie away with the session's, or
    /// where it was refused for its age; and has a browser that was refused since it came from another site's page ask
    /// again for itself, which it can prove.
    pub(in crate::middleware) fn write_binding(&self, headers: &mut HeaderMap, sent: &Outgoing) {
        let Some(endpoints) = &self.service.endpoints else {
            return;
        };
        let is_stale = self.drops_bound_cookie.load(Ordering::Relaxed);
        if is_stale || matches!(sent, Outgoing::Remove) {
            let removal = self.service.cookie.remove_bound();
            headers.extend(removal.map(|it| (SET_COOKIE, it)));
            forbid_caching(headers);
        }
        match sent {
            Outgoing::Set(..) => {
                let offer = self.session.offered_binding();
                let offer = offer.and_then(|offer| registration(endpoints, &offer));
                headers.extend(offer.map(|it| (REGISTRATION, it)));
            }
            Outgoing::Nothing if self.asks_again.load(Ordering::Relaxed) => ask_again(headers),
            Outgoing::Nothing | Outgoing::Known | Outgoing::Remove => {}
        }
    }
}

/// What the browser asked for, whatever router this one is nested in.
fn uri(request: &Request) -> &Uri {
    let original = request.extensions().get::<OriginalUri>();
    original.map_or(request.uri(), |original| &original.0)
}

/// Bound cookies have `Secure`, so that the scheme is known.
fn url(request: &Request) -> String {
    let uri = uri(request);
    let host = match uri.authority() {
        Some(authority) => authority.as_str().as_bytes(),
        None => request
            .headers()
            .get(HOST)
            .map_or(&[][..], HeaderValue::as_bytes),
    };
    let host = String::from_utf8_lossy(host);
    format!("https://{host}{}", uri.path())
}

use std::ops::Deref;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

use super::extract::{SessionRejection, extract};
use super::slot::NoActivity;
use crate::session::{DefaultScope, SessionData};

/// A session that is looked at, which is no activity of the visitor's: the idle limit goes on as if there had been no
/// request, nothing is written, and no cookie is sent again (ASVS 5.0, 7.3.1).
///
/// For a page that polls, a health check, or one that says how long is left. It derefs to [`SessionData`]; a handler
/// that changes something through it is active after all, and so is one that has a `SessionData` among its parameters
/// too. A whole group of routes is looked at by [`no_activity`].
///
/// ```
/// use axum_bare_session::PassiveSession;
///
/// /// For a page that asks every half minute, and tells the visitor in the last two.
/// async fn seconds_left(session: PassiveSession) -> String {
///     let left = session.idle_remaining().min(session.absolute_remaining());
///     left.map_or(0, |left| left.whole_seconds()).to_string()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct PassiveSession<S = DefaultScope>(pub SessionData<S>);

impl<S> Deref for PassiveSession<S> {
    type Target = SessionData<S>;

    fn deref(&self) -> &SessionData<S> {
        &self.0
    }
}

impl<S: 'static, T: Sync> FromRequestParts<T> for PassiveSession<S> {
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, _: &T) -> Result<Self, Self::Rejection> {
        extract(parts, false).await.map(Self)
    }
}

/// A middleware for `axum::middleware::from_fn`: on its routes every session, of any scope, is looked at as
/// [`PassiveSession`] does, whatever the handlers extract.
///
/// ```
/// use axum::{Router, middleware::from_fn, routing::get};
/// use axum_bare_session::{MemorySessionStorage, SessionData, add_session_middleware, no_activity};
///
/// async fn unread(session: SessionData) -> String {
///     session.len().to_string()
/// }
///
/// let polled = Router::new()
///     .route("/unread", get(unread))
///     .route_layer(from_fn(no_activity));
/// let app: Router = add_session_middleware(polled, MemorySessionStorage::new());
/// ```
pub async fn no_activity(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(NoActivity);
    next.run(request).await
}

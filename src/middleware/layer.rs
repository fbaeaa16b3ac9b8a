use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use super::commit::commit;
use crate::transport::headers::{forbid_caching, set_cookie, vary_by_cookie};
use crate::service::sessions::Sessions;
use super::slot::{Attached, CookieChange, Slot};
use super::undisturbed::undisturbed;
use crate::record::Token;
use crate::session::{Concluded, Stored};

/// Gives every route of `router` a session, kept in `sessions`: a storage, or configured [`Sessions`].
///
/// It attaches [`session_middleware`] by `axum::middleware::from_fn_with_state`. Routes that are added to the router
/// afterwards have no session.
///
/// ```
/// use axum::{Router, routing::get};
/// use axum_bare_session::{MemorySessionStorage, SessionData, add_session_middleware};
///
/// async fn index(session: SessionData) -> &'static str {
///     if session.is_new() { "welcome" } else { "welcome back" }
/// }
///
/// let app: Router = Router::new().route("/", get(index));
/// let app = add_session_middleware(app, MemorySessionStorage::new());
/// ```
pub fn add_session_middleware<T, S>(
    router: Router<T>,
    sessions: impl Into<Sessions<S>>,
) -> Router<T>
where
    T: Clone + Send + Sync + 'static,
    S: 'static,
{
    router.layer(from_fn_with_state(sessions.into(), session_middleware::<S>))
}

/// The session middleware itself, for `axum::middleware::from_fn_with_state`, on a route or in a `ServiceBuilder`.
///
/// It loads nothing by itself: the first extractor of a request does. After the handler, and before the response's head is
/// sent, it saves what was changed; if that fails, nothing of the handler's response gets out. Where a route passes two
/// of the same scope, the outer one does the work.
///
/// ```
/// use axum::{Router, middleware::from_fn_with_state, routing::get};
/// use axum_bare_session::{MemorySessionStorage, SessionData, Sessions, session_middleware};
///
/// async fn index(session: SessionData) {}
/// async fn health() {}
///
/// let sessions = Sessions::from(MemorySessionStorage::new());
/// let app: Router = Router::new()
///     .route("/", get(index))
///     .route_layer(from_fn_with_state(sessions, session_middleware))
///     .route("/health", get(health));
/// ```
pub fn session_middleware<S: 'static>(
    State(sessions): State<Sessions<S>>,
    mut request: Request,
    next: Next,
) -> impl Future<Output = Response> + Send {
    let extensions = request.extensions_mut();
    let slot = extensions.get::<Attached<S>>().is_none().then(|| {
        let slot = Arc::new(Slot::new(sessions.into_service()));
        extensions.insert(Attached::<S>::new(Arc::clone(&slot)));
        slot
    });
    // A combinator, since an async function would hold the request twice.
    next.run(request).then(async move |response| match slot {
        Some(slot) => slot.answer(response).await,
        None => response,
    })
}

impl Slot {
    /// Brings the storage up to date, and `response` with it; or says that it failed, and nothing of the handler's.
    async fn answer(self: Arc<Self>, mut response: Response) -> Response {
        match self.session.conclude(&self.service.limits) {
            Concluded::Ignored if !self.is_consulted() => return response,
            Concluded::Ignored => {}
            Concluded::Unchanged if !self.is_cookie_due() => {}
            Concluded::Unchanged | Concluded::Due => {
                let commit = || commit(Arc::clone(&self));
                let committed = match self.service.at_once(commit) {
                    Some(committed) => committed,
                    // In a box, so that a request that saves nothing need not carry it along.
                    None => undisturbed(&self, Box::pin(commit())).await,
                };
                if let Err(error) = committed {
                    return error.into_response();
                }
            }
        }
        self.write_headers(response.headers_mut());
        response
    }

    fn write_headers(&self, headers: &mut HeaderMap) {
        vary_by_cookie(headers);
        if let Some(cookie) = self.outgoing_cookie() {
            set_cookie(headers, self.service.cookie.name(), cookie);
            forbid_caching(headers);
        }
    }

    fn outgoing_cookie(&self) -> Option<HeaderValue> {
        let (outgoing, writer) = (self.outgoing(), &self.service.cookie);
        match outgoing.cookie {
            CookieChange::None => None,
            CookieChange::Remove => writer.remove(),
            CookieChange::Set => {
                let Stored { id, record } = self.session.stored()?;
                let secret = outgoing.secret.clone()?;
                writer.set(&Token { id, secret }, &record, self.service.now())
            }
        }
    }
}

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use super::commit::commit;
use super::slot::{Attached, Slot};
use super::undisturbed::undisturbed;
use crate::service::sessions::Sessions;
use crate::session::{Outgoing, Session, SessionError};
use crate::transport::clear_site_data::ClearSiteData;
use crate::transport::cookie::CookieWriter;
use crate::transport::headers::{
    CLEAR_SITE_DATA, drop_cookie, forbid_caching, forbid_shared_caching, vary,
};

/// Gives every route of `router` a session, kept in `sessions`: a storage, or configured [`Sessions`].
///
/// It attaches [`session_middleware`] by `axum::middleware::from_fn_with_state`. Routes that are added to the router
/// afterwards have no session. Layers that end a handler early (a time limit) are added afterwards.
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
#[doc(alias(
    "SessionManagerLayer",
    "SessionLayer",
    "SessionMiddleware",
    "AuthManagerLayer"
))]
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
/// It loads nothing by itself: the first extractor of a request does. After the handler, and before the response's head
/// is sent, it saves what was changed; if that fails, nothing of the handler's response gets out. Where a route passes
/// two of the same scope, the outer one does the work, and the log says so.
///
/// A layer that ends handlers early, by a time limit, belongs around it and not inside: see
/// [`guide::does_not_stick`](crate::guide::does_not_stick#layers).
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
    let attached = extensions.get_or_insert_default::<Attached>();
    let is_nested = !attached.is_empty();
    let slot = match attached.slot_of::<S>() {
        Some(outer) => {
            sessions.into_service().nested_in(&outer.service);
            None
        }
        None => {
            let slot = Arc::new(Slot::new(sessions.into_service()));
            attached.attach::<S>(Arc::clone(&slot));
            Some(slot)
        }
    };
    #[cfg(feature = "device-bound")]
    let handled = super::device_bound::handle(slot.as_ref(), request, next);
    #[cfg(not(feature = "device-bound"))]
    let handled = next.run(request);
    let handled = Session::handled_by(slot.as_deref().map(|it| &it.session), handled);
    let watch = Watch(slot);
    // What a handler that has panicked left behind is dropped with it, and the panic goes on.
    let handled = AssertUnwindSafe(handled).catch_unwind();
    // A combinator, since an async function would hold the request twice.
    handled.then(async move |mut handled| {
        match (&watch.end(), &mut handled) {
            (Some(slot), Ok(response)) => {
                slot.answer(response).await;
                if is_nested && slot.is_consulted() {
                    let within = response.extensions_mut().get_or_insert_default();
                    Attached::attach::<S>(within, Arc::clone(slot));
                }
            }
            (Some(slot), Err(_)) => slot.session.fail(),
            (None, _) => {}
        }
        handled.unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Notices where a handler comes to no end, since the client has hung up.
struct Watch(Option<Arc<Slot>>);

impl Watch {
    fn end(mut self) -> Option<Arc<Slot>> {
        self.0.take()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(slot) = &self.0 {
            slot.session.abandon();
        }
    }
}

impl Slot {
    /// Brings the storage up to date, and `response` with it; or says that it failed, and nothing of the handler's.
    async fn answer(self: &Arc<Self>, response: &mut Response) {
        let outgoing = match self.session.conclude(&self.service.limits) {
            Some(_) if !self.is_consulted() => {
                return self.drop_cookie_of_handler(response.headers_mut());
            }
            Some(outgoing) => outgoing,
            None => {
                let commit = || commit(Arc::clone(self));
                let committed = match self.service.at_once(commit) {
                    Some(committed) => committed,
                    // In a box, so that a request that saves nothing need not carry it along.
                    None => undisturbed(self, Box::pin(commit())).await,
                };
                match committed {
                    Ok(()) => {}
                    // A panic has taken changes with it, and whoever caught it says that something failed.
                    Err(SessionError::Ended) if is_error(response.status()) => {}
                    Err(error) => replace(response, error.into_response()),
                }
                self.session.outgoing()
            }
        };
        if self.service.limits.bearer_prefix.is_some() && self.session.loses_token() {
            tracing::warn!(
                "the new token of a bearer session is lost: ask for it by `bearer_token`"
            );
        }
        self.write_headers(response.headers_mut(), outgoing);
    }

    fn write_headers(&self, headers: &mut HeaderMap, outgoing: Outgoing) {
        let tells_tokens = self.service.limits.bearer_prefix.is_some();
        vary(headers, tells_tokens);
        if tells_tokens && self.session.tells_token() {
            forbid_caching(headers);
        }
        let writer = &self.service.cookie;
        #[cfg(feature = "device-bound")]
        self.write_binding(headers, &outgoing);
        let is_of_visitor = matches!(outgoing, Outgoing::Known);
        let cookie = match outgoing {
            Outgoing::Nothing | Outgoing::Known => None,
            Outgoing::Remove => writer.remove(),
            Outgoing::Set(token, record) => {
                let ends_at = record.limit(&self.service.limits.timeouts, record.last_seen);
                writer.set(&token, &record, ends_at, self.service.now())
            }
        };
        self.drop_cookie_of_handler(headers);
        let directives = &self.service.clear_site_data;
        if !directives.is_empty() && self.session.logs_out() {
            // None but the removal of ours.
            let keeps_cookies = self.session.live().is_some();
            if let Some(header) = ClearSiteData::header(directives, keeps_cookies) {
                headers.entry(CLEAR_SITE_DATA).or_insert(header);
            }
        }
        if let Some(cookie) = cookie {
            let former = writer.former().iter();
            let of_this_name = former.filter(|former| former.name() == writer.name());
            let moved = self.moved.get().into_iter().flatten().cloned();
            for removal in of_this_name.filter_map(CookieWriter::remove).chain(moved) {
                headers.append(SET_COOKIE, removal);
            }
            headers.append(SET_COOKIE, cookie);
            forbid_caching(headers);
        } else if is_of_visitor {
            forbid_shared_caching(headers);
        }
    }

    /// The session has the last word on its cookie, also where it says nothing.
    fn drop_cookie_of_handler(&self, headers: &mut HeaderMap) {
        let name = self.service.cookie.name();
        if drop_cookie(headers, name) {
            tracing::warn!(
                cookie.name = name,
                "a handler's cookie of the session's name was not sent"
            );
        }
    }
}

/// Puts `replacement` in the place of a response. What sessions of other scopes have stored stays stored, and so their
/// headers go out with it: a log-in's cookie, or the removal of one.
pub(super) fn replace(response: &mut Response, mut replacement: Response) {
    if let Some(within) = response.extensions_mut().remove::<Attached>() {
        for slot in within.slots() {
            slot.write_headers(replacement.headers_mut(), slot.session.outgoing());
        }
        replacement.extensions_mut().insert(within);
    }
    *response = replacement;
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

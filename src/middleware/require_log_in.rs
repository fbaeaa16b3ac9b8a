use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OriginalUri, Request, State};
use axum::http::Method;
use axum::middleware::{FromFnLayer, Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};

use super::layer::replace;
use super::logged_in::{LoggedIn, LoggedInRejection};
use super::next_path::NextPath;
use super::respond::NobodyIsLoggedIn;
use super::slot::{Attached, Slot};
use crate::session::DefaultScope;

/// The layer of [`require_log_in`], for [`Router::route_layer`](axum::Router::route_layer).
pub type RequireLogIn<S = DefaultScope> =
    FromFnLayer<Middleware<S>, LogInPage<S>, (State<LogInPage<S>>, Request)>;

type Middleware<S> = fn(State<LogInPage<S>>, Request, Next) -> Answer;
type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// Where those are sent who are not logged in to a session of scope `S`.
#[derive(Debug)]
pub struct LogInPage<S> {
    url: Arc<str>,
    scope: PhantomData<fn() -> S>,
}

/// Sends to the log-in page whoever is not logged in: a route layer.
///
/// The page gets the path and query that were asked for as the parameter `next`, which [`NextPath`] reads; a request
/// that is neither `GET` nor `HEAD` could not be made again, and leaves none. Handlers behind it that fail since nobody
/// is logged in ([`LoggedInRejection`], [`SessionError::NotLoggedIn`](crate::SessionError::NotLoggedIn): a stamp that
/// does not match, a user who is no more) are answered with the same redirect.
///
/// Where a request has sessions of several scopes, it answers for its own: not where its own has an owner, and it is
/// another scope's that has none.
///
/// It asks for an owner and no more: a [stamp](crate::SessionData::check_stamp) is checked where the user is loaded.
///
/// The session middleware goes around it. Where that is missing, each response is a 500 whose log line says so.
///
/// ```
/// use axum::{Router, routing::get};
/// use axum_bare_session::*;
///
/// let app: Router = Router::new()
///     .route("/account", get(async |session: LoggedIn| session.owner().to_owned()))
///     .route_layer(require_log_in("/login"))
///     .route("/login", get("a form"));
/// let app = add_session_middleware(app, MemorySessionStorage::new());
/// # use axum::{body::Body, http::{Request, header::LOCATION}};
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # let request = Request::get("/account?tab=1").body(Body::empty())?;
/// # let response = tower::ServiceExt::oneshot(app, request).await?;
/// // GET /account?tab=1 is answered with a 303 to
/// assert_eq!(response.headers()[LOCATION], "/login?next=/account%3Ftab%3D1");
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn require_log_in(page: impl Into<Arc<str>>) -> RequireLogIn {
    require_log_in_to(page)
}

/// The same for sessions of another scope.
///
/// ```
/// use axum::{Router, routing::get};
/// use axum_bare_session::{LoggedIn, require_log_in_to};
///
/// struct Admin;
///
/// let admin: Router = Router::new()
///     .route("/", get(async |session: LoggedIn<Admin>| session.owner().to_owned()))
///     .route_layer(require_log_in_to::<Admin>("/admin/login"));
/// ```
pub fn require_log_in_to<S: 'static>(page: impl Into<Arc<str>>) -> RequireLogIn<S> {
    let page = LogInPage {
        url: page.into(),
        scope: PhantomData,
    };
    from_fn_with_state(page, |State(page), request, next| {
        Box::pin(page.guard(request, next))
    })
}

impl<S: 'static> LogInPage<S> {
    async fn guard(self, request: Request, next: Next) -> Response {
        let asked_for = asked_for(&request);
        let around = request.extensions().get::<Attached>().cloned();
        let (mut parts, body) = request.into_parts();
        let mut response = match LoggedIn::<S>::from_request_parts(&mut parts, &()).await {
            Ok(_) => next.run(Request::from_parts(parts, body)).await,
            Err(rejection) => LoggedInRejection::into_response(rejection),
        };
        let is_missing = response.extensions().get::<NobodyIsLoggedIn>().is_some();
        let within = response.extensions().get();
        if is_missing && !Self::is_missed_elsewhere(around.as_ref(), within) {
            let log_in = Redirect::to(&asked_for.log_in_url(&self.url));
            replace(&mut response, log_in.into_response());
        }
        response
    }

    /// Whether this scope's session has an owner, and that of another has none, which a handler asked for: one whose
    /// middleware is around this layer, or within.
    fn is_missed_elsewhere(around: Option<&Attached>, within: Option<&Attached>) -> bool {
        let is_missed = |slot: &Slot| !slot.session.is_somebodys();
        let own = around.and_then(Attached::slot_of::<S>);
        let mut slots = around.into_iter().chain(within).flat_map(Attached::slots);
        own.is_some_and(|own| !is_missed(own))
            && slots.any(|slot| slot.is_consulted() && is_missed(slot))
    }
}

/// What the request asks for, as the browser named it, whatever router it is nested in.
fn asked_for(request: &Request) -> NextPath {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return NextPath::default();
    }
    let original = request.extensions().get::<OriginalUri>();
    let uri = original.map_or(request.uri(), |original| &original.0);
    let path = uri.path_and_query().map(|it| it.as_str());
    path.map(NextPath::checked).unwrap_or_default()
}

impl<S> Clone for LogInPage<S> {
    fn clone(&self) -> Self {
        Self {
            url: Arc::clone(&self.url),
            scope: PhantomData,
        }
    }
}

use std::collections::HashMap;

use axum::RequestExt;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_bare_session::{Duration, OffsetDateTime, SessionData, SessionError};
use axum_extra::extract::cookie::{Cookie, CookieJar, Key, PrivateCookieJar, SignedCookieJar};
use serde_json::Value;
use tower_sessions::session::{Id, Record};
use tower_sessions::{SessionStore, session_store};

/// The session cookies' names: this crate's, and that of tower-sessions.
const COOKIE: &str = "__Host-Http-id";
const OLD_COOKIE: &str = "id";

/// When they logged in is not known. Whoever brings the old cookie is to prove who they are before they may change the
/// password: so it is too long ago for each `FreshSession`. It is less than the `absolute_timeout`, which counts from it.
const LOGGED_IN_BEFORE: Duration = Duration::HOUR;

/// The sessions that visitors have from before the switch.
#[derive(Clone)]
pub struct OldSessions<Store> {
    pub store: Store,
    pub cookie: OldCookie,
    pub users: Users,
}

/// How the old cookie was set.
#[derive(Clone)]
pub enum OldCookie {
    Plain,
    /// By a layer `with_signed`.
    Signed(Key),
    /// By a layer `with_private`.
    Private(Key),
}

/// What a new session begins with.
pub struct TakenOver {
    pub owner: Option<String>,
    /// What the application gives to `set_stamp` at a log-in, if it checks stamps.
    pub stamp: Option<Vec<u8>>,
    pub values: HashMap<String, Value>,
    /// Whether the browser is to keep the new cookie when it is closed, as it kept one with `Expiry::OnInactivity`.
    pub remember: bool,
}

/// Goes inside the session middleware: a request with the old cookie and without the new one gets a new session, with
/// what the old one holds.
pub async fn take_over<Store: SessionStore + Clone>(
    State(old): State<OldSessions<Store>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Response> {
    let Some(id) = old.cookie.id(request.headers()) else {
        return Ok(next.run(request).await);
    };
    let session = request.extract_parts::<SessionData>().await;
    let session = session.map_err(IntoResponse::into_response)?;
    let jar = CookieJar::from_headers(request.headers());
    let has_new_cookie = jar.get(COOKIE).is_some();
    let record = old.load(&id).await?;
    if let Some(record) = record.as_ref().filter(|_| !has_new_cookie) {
        old.begin(&session, record).await?;
    }
    let owner = session.owner();
    let response = next.run(request).await;

    let is_over = match owner {
        Some(_) => session.owner() != owner,
        None => session.owner().is_none() && session.is_empty(),
    };
    match record {
        Some(_) if is_over => old.store.delete(&id).await.map_err(unavailable)?,
        // Requests that were sent before the new cookie came may still be on their way.
        Some(record) if has_new_cookie => old.end_soon(record).await.map_err(unavailable)?,
        // The new cookie may not arrive: until it has come back, the old one counts.
        Some(_) => return Ok(response),
        None => {}
    }
    // With the path that the old cookie has, and its domain if it has one.
    let removal = Cookie::build((OLD_COOKIE, "")).path("/");
    let removal = removal.secure(OLD_COOKIE.starts_with("__"));
    Ok((jar.remove(removal), response).into_response())
}

impl<Store: SessionStore> OldSessions<Store> {
    async fn load(&self, id: &Id) -> Result<Option<Record>, Response> {
        match self.store.load(id).await {
            Err(session_store::Error::Decode(_)) => Ok(None),
            loaded => loaded.map_err(unavailable),
        }
    }

    async fn begin(&self, session: &SessionData, old: &Record) -> Result<(), Response> {
        let admitted = self.users.admit(old.data.clone()).await;
        let Some(taken) = admitted.map_err(IntoResponse::into_response)? else {
            return Ok(());
        };
        let filled = fill(session, taken, old.expiry_date);
        filled.map_err(IntoResponse::into_response)?;
        // Before the handler: it may `revert`, which undoes what it has changed itself, and not this.
        session.save().await.map_err(IntoResponse::into_response)
    }

    /// Lets the old session live for another minute at most.
    async fn end_soon(&self, mut old: Record) -> session_store::Result<()> {
        let soon = OffsetDateTime::now_utc() + Duration::MINUTE;
        if old.expiry_date > soon {
            old.expiry_date = soon;
            self.store.save(&old).await?;
        }
        Ok(())
    }
}

fn fill(
    session: &SessionData,
    old: TakenOver,
    ends_at: OffsetDateTime,
) -> Result<(), SessionError> {
    for (key, value) in old.values {
        session.insert(key, value)?;
    }
    let now = OffsetDateTime::now_utc();
    if let Some(owner) = old.owner {
        session.log_in_at(owner, now - LOGGED_IN_BEFORE)?;
        if let Some(stamp) = old.stamp {
            session.set_stamp(stamp)?;
        }
    }
    if old.remember {
        session.remember((ends_at - now).max(Duration::MINUTE))?;
    }
    Ok(())
}

impl OldCookie {
    fn id(&self, headers: &HeaderMap) -> Option<Id> {
        let cookie = match self {
            Self::Plain => CookieJar::from_headers(headers).get(OLD_COOKIE).cloned(),
            Self::Signed(key) => {
                SignedCookieJar::from_headers(headers, key.clone()).get(OLD_COOKIE)
            }
            Self::Private(key) => {
                PrivateCookieJar::from_headers(headers, key.clone()).get(OLD_COOKIE)
            }
        };
        cookie?.value().parse().ok()
    }
}

/// The error's text may quote what is stored.
fn unavailable(_: session_store::Error) -> Response {
    tracing::error!("the store of tower-sessions is not available");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

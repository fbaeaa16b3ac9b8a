//! The library leaves the middleware to its user: here it loads the session before the handler, and stores it after one
//! that changed it, as its guide and Salvo's middleware do, without Salvo's signature.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use saysion::base64::DecodeError;
use saysion::{Session, SessionStore};

use super::{keys, text};

type Answer = Result<&'static str, StatusCode>;

fn failed<E>(_: E) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn middleware<S: SessionStore>(
    State(store): State<Arc<S>>,
    mut request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    let session = match cookie(&request) {
        Some(value) => load(&*store, value.to_owned()).await?,
        None => None,
    };
    let session = session.unwrap_or_default();
    request.extensions_mut().insert(session.clone());
    let mut response = next.run(request).await;
    if session.data_changed()
        && let Some(value) = store.store_session(session).await.map_err(failed)?
    {
        let cookie = format!("session={value}; Path=/; Secure; HttpOnly; SameSite=Lax");
        let cookie = HeaderValue::try_from(cookie).map_err(failed)?;
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn load(store: &impl SessionStore, value: String) -> Result<Option<Session>, StatusCode> {
    match store.load_session(value).await {
        // A value that is none of the library's is no error of the server's.
        Err(error) if error.is::<DecodeError>() => Ok(None),
        loaded => loaded.map_err(failed),
    }
}

fn cookie(request: &Request) -> Option<&str> {
    let header = request.headers().get(COOKIE)?.to_str().ok()?;
    let mut pairs = header.split(';').map(str::trim_ascii);
    pairs.find_map(|pair| pair.strip_prefix("session="))
}

async fn read_1(Extension(session): Extension<Session>) -> &'static str {
    std::hint::black_box(session.get::<u64>("key_0"));
    "ok"
}

async fn read_5(Extension(session): Extension<Session>) -> &'static str {
    std::hint::black_box(session.get::<u64>("key_0"));
    for key in ["key_1", "key_2", "key_3", "key_4"] {
        std::hint::black_box(session.get::<String>(key));
    }
    "ok"
}

async fn modify(Extension(mut session): Extension<Session>) -> Answer {
    let number = session.get::<u64>("key_0").unwrap_or(0);
    session.insert("key_0", number + 1).map_err(failed)?;
    Ok("ok")
}

async fn fill<const COUNT: usize>(Extension(mut session): Extension<Session>) -> Answer {
    session.insert("key_0", 1).map_err(failed)?;
    for key in keys(COUNT) {
        session.insert(&key, text(COUNT)).map_err(failed)?;
    }
    Ok("ok")
}

async fn new(Extension(mut session): Extension<Session>) -> Answer {
    session.insert("key_0", 1).map_err(failed)?;
    Ok("ok")
}

pub fn router(store: impl SessionStore + Send + Sync + 'static) -> Router {
    Router::new()
        .route("/ignore", get(async || "ok"))
        .route("/read/1", get(read_1))
        .route("/read/5", get(read_5))
        .route("/modify", get(modify))
        .route("/new", get(new))
        .route("/fill/5", get(fill::<5>))
        .route("/fill/100", get(fill::<100>))
        .layer(from_fn_with_state(Arc::new(store), middleware))
}

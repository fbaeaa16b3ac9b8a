//! What a session costs at least: written by hand for these routes, on the same kind of layer, without a single rule of
//! a library.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dashmap::DashMap;
use sha2::{Digest, Sha256};

use super::{keys, text};

type Values = RwLock<HashMap<String, String>>;
type Sessions = Arc<DashMap<[u8; 16], (Arc<Values>, [u8; 32])>>;

#[derive(Clone)]
struct Slot(Option<Arc<Values>>);

fn digest(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

fn find(sessions: &Sessions, cookie: &HeaderValue) -> Option<Arc<Values>> {
    let mut bytes = [0; 48];
    let pairs = cookie.as_bytes().split(|&byte| byte == b';');
    let value = pairs
        .map(<[u8]>::trim_ascii)
        .find_map(|pair| pair.strip_prefix(b"id="))?;
    if value.len() != 64 {
        return None;
    }
    URL_SAFE_NO_PAD.decode_slice(value, &mut bytes).ok()?;
    let session = sessions.get(&bytes[..16])?;
    (session.1 == digest(&bytes[16..])).then(|| Arc::clone(&session.0))
}

async fn middleware(
    State(sessions): State<Sessions>,
    mut request: Request,
    next: Next,
) -> Response {
    let cookie = request.headers().get(COOKIE);
    let slot = Slot(cookie.and_then(|cookie| find(&sessions, cookie)));
    request.extensions_mut().insert(slot);
    next.run(request).await
}

/// Creates a session, and sends its cookie.
async fn create(sessions: &Sessions, values: HashMap<String, String>) -> Response {
    let mut bytes = [0; 48];
    getrandom::fill(&mut bytes).expect("random bytes");
    let id = bytes[..16].try_into().expect("sixteen bytes");
    sessions.insert(id, (Arc::new(RwLock::new(values)), digest(&bytes[16..])));
    let cookie = format!(
        "id={}; Path=/; Secure; HttpOnly; SameSite=Lax",
        URL_SAFE_NO_PAD.encode(bytes)
    );
    let mut response = Response::new("ok".into());
    let cookie = HeaderValue::try_from(cookie).expect("a header");
    response.headers_mut().insert(SET_COOKIE, cookie);
    response
}

fn read(values: &Values, key: &str) {
    let values = values.read().unwrap_or_else(PoisonError::into_inner);
    std::hint::black_box(
        values
            .get(key)
            .map(|json| serde_json::from_str::<u64>(json).ok()),
    );
}

async fn read_1(Extension(Slot(values)): Extension<Slot>) -> &'static str {
    if let Some(values) = values {
        read(&values, "key_0");
    }
    "ok"
}

async fn read_5(Extension(Slot(values)): Extension<Slot>) -> Result<&'static str, StatusCode> {
    let values = values.ok_or(StatusCode::NOT_FOUND)?;
    read(&values, "key_0");
    let values = values.read().unwrap_or_else(PoisonError::into_inner);
    for key in ["key_1", "key_2", "key_3", "key_4"] {
        std::hint::black_box(
            values
                .get(key)
                .map(|json| serde_json::from_str::<String>(json).ok()),
        );
    }
    Ok("ok")
}

async fn modify(Extension(Slot(values)): Extension<Slot>) -> Result<&'static str, StatusCode> {
    let values = values.ok_or(StatusCode::NOT_FOUND)?;
    let mut values = values.write().unwrap_or_else(PoisonError::into_inner);
    let number = values
        .get("key_0")
        .and_then(|json| serde_json::from_str::<u64>(json).ok());
    values.insert("key_0".to_owned(), (number.unwrap_or(0) + 1).to_string());
    Ok("ok")
}

async fn fill<const COUNT: usize>(State(sessions): State<Sessions>) -> Response {
    let json = format!("{:?}", text(COUNT));
    let mut values: HashMap<_, _> = keys(COUNT).map(|key| (key, json.clone())).collect();
    values.insert("key_0".to_owned(), "1".to_owned());
    create(&sessions, values).await
}

async fn new(State(sessions): State<Sessions>) -> Response {
    create(
        &sessions,
        HashMap::from([("key_0".to_owned(), "1".to_owned())]),
    )
    .await
}

pub fn router() -> Router {
    let sessions = Sessions::default();
    Router::new()
        .route("/ignore", get(async || "ok"))
        .route("/read/1", get(read_1))
        .route("/read/5", get(read_5))
        .route("/modify", get(modify))
        .route("/new", get(new))
        .route("/fill/5", get(fill::<5>))
        .route("/fill/100", get(fill::<100>))
        .layer(from_fn_with_state(Arc::clone(&sessions), middleware))
        .with_state(sessions)
}

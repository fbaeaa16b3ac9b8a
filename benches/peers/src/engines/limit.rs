//! What a session in a database costs at least: written by hand for these routes, one call to load and one to save,
//! without a layer and without a single rule of a library.

use std::collections::HashMap;

use axum::Router;
use axum::extract::State;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::AppendHeaders;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Failure;
use crate::variants::{keys, text};

type Values = HashMap<String, Value>;

type Created = (AppendHeaders<[(HeaderName, String); 1]>, &'static str);

/// The one thing that differs from database to database. A record expires after a day.
pub trait Table: Clone + Send + Sync + 'static {
    fn load(&self, key: &str) -> impl Future<Output = Result<Option<String>, Failure>> + Send;

    fn save(&self, key: &str, record: String) -> impl Future<Output = Result<(), Failure>> + Send;
}

fn failed<E>(_: E) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

/// The key of the request's session, which a reader of the database cannot turn into a cookie.
fn key(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(COOKIE)?.to_str().ok()?;
    let mut pairs = header.split(';').map(str::trim_ascii);
    Some(digest(pairs.find_map(|pair| pair.strip_prefix("id="))?))
}

fn digest(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}

async fn load<T: Table>(table: &T, key: &str) -> Result<Values, StatusCode> {
    let record = table.load(key).await.map_err(failed)?;
    serde_json::from_str(&record.ok_or(StatusCode::NOT_FOUND)?).map_err(failed)
}

async fn save<T: Table>(table: &T, key: &str, values: &Values) -> Result<(), StatusCode> {
    let record = serde_json::to_string(values).map_err(failed)?;
    table.save(key, record).await.map_err(failed)
}

/// Saves a session of its own, and sends its cookie.
async fn create<T: Table>(table: &T, values: Values) -> Result<Created, StatusCode> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(failed)?;
    let secret = URL_SAFE_NO_PAD.encode(secret);
    save(table, &digest(&secret), &values).await?;
    let cookie = format!("id={secret}; Path=/; Secure; HttpOnly; SameSite=Lax");
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), "ok"))
}

async fn read<T: Table>(
    State(table): State<T>,
    headers: HeaderMap,
) -> Result<&'static str, StatusCode> {
    let key = key(&headers).ok_or(StatusCode::NOT_FOUND)?;
    let values = load(&table, &key).await?;
    std::hint::black_box(values.get("key_0").and_then(Value::as_u64));
    Ok("ok")
}

async fn modify<T: Table>(
    State(table): State<T>,
    headers: HeaderMap,
) -> Result<&'static str, StatusCode> {
    let key = key(&headers).ok_or(StatusCode::NOT_FOUND)?;
    let mut values = load(&table, &key).await?;
    let number = values.get("key_0").and_then(Value::as_u64).unwrap_or(0);
    values.insert("key_0".to_owned(), (number + 1).into());
    save(&table, &key, &values).await?;
    Ok("ok")
}

async fn new<T: Table>(State(table): State<T>) -> Result<Created, StatusCode> {
    create(&table, Values::from([("key_0".to_owned(), 1.into())])).await
}

async fn fill<T: Table, const COUNT: usize>(State(table): State<T>) -> Result<Created, StatusCode> {
    let mut values: Values = keys(COUNT).map(|key| (key, text(COUNT).into())).collect();
    values.insert("key_0".to_owned(), 1.into());
    create(&table, values).await
}

pub fn router<T: Table>(table: T) -> Router {
    Router::new()
        .route("/read/1", get(read::<T>))
        .route("/modify", get(modify::<T>))
        .route("/new", get(new::<T>))
        .route("/fill/5", get(fill::<T, 5>))
        .route("/fill/100", get(fill::<T, 100>))
        .with_state(table)
}

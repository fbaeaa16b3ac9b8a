//! tower-sessions 0.14 over any of its storages.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tower_sessions_0_14::{Session, SessionManagerLayer, SessionStore, session};

use crate::variants::{keys, text};

type Answer = Result<&'static str, StatusCode>;

fn failed(_: session::Error) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn read(session: Session) -> Answer {
    std::hint::black_box(session.get::<u64>("key_0").await.map_err(failed)?);
    Ok("ok")
}

async fn modify(session: Session) -> Answer {
    let number = session.get::<u64>("key_0").await.map_err(failed)?;
    session
        .insert("key_0", number.unwrap_or(0) + 1)
        .await
        .map_err(failed)?;
    Ok("ok")
}

async fn new(session: Session) -> Answer {
    session.insert("key_0", 1).await.map_err(failed)?;
    Ok("ok")
}

async fn fill<const COUNT: usize>(session: Session) -> Answer {
    session.insert("key_0", 1).await.map_err(failed)?;
    for key in keys(COUNT) {
        session.insert(&key, text(COUNT)).await.map_err(failed)?;
    }
    Ok("ok")
}

pub fn router(store: impl SessionStore + Clone) -> Router {
    Router::new()
        .route("/read/1", get(read))
        .route("/modify", get(modify))
        .route("/new", get(new))
        .route("/fill/5", get(fill::<5>))
        .route("/fill/100", get(fill::<100>))
        .layer(SessionManagerLayer::new(store))
}

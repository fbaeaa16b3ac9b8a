//! The same application on tower-sessions, over its own storages.

use std::time::Duration;

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use tower_sessions_0_14::{MemoryStore, Session, SessionManagerLayer, SessionStore, session};
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::{ClientLike, Config as RedisConfig, Pool};

use super::answer::{Answer, Ask, Seen};
use super::config::{Config, Storage};
use crate::Failure;
use crate::history::Mark;

type Answered = Result<Json<Answer>, StatusCode>;

const LOG: &str = "log";
const KEYS: &str = "keys";

pub(super) async fn router(config: &Config) -> Result<Router, Failure> {
    match &config.storage {
        Storage::TowerSessionsMemory => Ok(over(MemoryStore::default())),
        Storage::TowerSessionsRedis(url) => {
            let pool = Pool::new(RedisConfig::from_url(url)?, None, None, None, 4)?;
            pool.init().await?;
            Ok(over(RedisStore::new(pool)))
        }
        _ => Err("that is no storage of tower-sessions'".into()),
    }
}

fn over(store: impl SessionStore + Clone) -> Router {
    Router::new()
        .route("/read", get(read))
        .route("/create/{mark}", post(create))
        .route("/append/{mark}", post(append))
        .route("/insert/{mark}", post(insert))
        .route("/renew", post(renew))
        .route("/log-in/{owner}", post(renew))
        .route("/log-out", post(end))
        .route("/destroy", post(end))
        .layer(SessionManagerLayer::new(store))
        .layer(map_response(unavailable))
}

/// What the layer answers where a save fails.
async fn unavailable(mut response: Response) -> Response {
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

fn failed(_: session::Error) -> StatusCode {
    StatusCode::SERVICE_UNAVAILABLE
}

async fn opened(session: &Session, ask: &Ask) -> Result<Answer, StatusCode> {
    let log = session.get::<Vec<Mark>>(LOG).await.map_err(failed)?;
    let keys = session.get::<Vec<Mark>>(KEYS).await.map_err(failed)?;
    if ask.pause > 0 {
        tokio::time::sleep(Duration::from_millis(ask.pause)).await;
    }
    let keys = keys.unwrap_or_default();
    Ok(Answer {
        seen: log.map(|log| Seen { log, keys }),
        ..Answer::default()
    })
}

async fn read(session: Session, Query(ask): Query<Ask>) -> Answered {
    Ok(Json(opened(&session, &ask).await?))
}

async fn create(session: Session, Path(mark): Path<Mark>) -> Answered {
    session.insert(LOG, [mark]).await.map_err(failed)?;
    Ok(Json(Answer::default()))
}

async fn append(session: Session, Path(mark): Path<Mark>, Query(ask): Query<Ask>) -> Answered {
    let answer = opened(&session, &ask).await?;
    if let Some(seen) = &answer.seen {
        let log = [&seen.log[..], &[mark]].concat();
        session.insert(LOG, log).await.map_err(failed)?;
    }
    Ok(Json(answer))
}

async fn insert(session: Session, Path(mark): Path<Mark>, Query(ask): Query<Ask>) -> Answered {
    let answer = opened(&session, &ask).await?;
    if let Some(seen) = &answer.seen {
        let keys = [&seen.keys[..], &[mark]].concat();
        session.insert(KEYS, keys).await.map_err(failed)?;
    }
    Ok(Json(answer))
}

async fn renew(session: Session, Query(ask): Query<Ask>) -> Answered {
    let answer = opened(&session, &ask).await?;
    if answer.seen.is_some() {
        session.cycle_id().await.map_err(failed)?;
    }
    Ok(Json(answer))
}

async fn end(session: Session, Query(ask): Query<Ask>) -> Answered {
    let answer = opened(&session, &ask).await?;
    session.flush().await.map_err(failed)?;
    Ok(Json(answer))
}

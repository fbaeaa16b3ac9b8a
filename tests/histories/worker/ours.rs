//! The application on this crate.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_LENGTH;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{
    CachedSessionStorage, MemorySessionStorage, MySqlSessionStorage, PostgresSessionStorage,
    RedisSessionStorage, SessionData, SessionError, SessionId, Sessions, SqliteSessionStorage,
    add_session_middleware,
};
use futures_util::stream::once;
use tokio::time::timeout;

use super::answer::{Answer, Ask, Seen};
use super::config::{Config, Storage};
use super::unconditional::Unconditional;
use crate::Failure;
use crate::history::Mark;

type Answered = Result<Json<Answer>, SessionError>;

const LOG: &str = "log";
const KEY: &str = "key ";

/// The routes, over the storage that `config` names.
pub(super) async fn router(config: &Config) -> Result<Router, Failure> {
    // A replica has what it is sent within a millisecond or so, where none is missing.
    let wait = axum_bare_session::Duration::milliseconds(200);
    match config.storage.clone() {
        Storage::Memory => over(config, MemorySessionStorage::new()),
        Storage::Postgres(url) => over(config, PostgresSessionStorage::migrate(&url).await?),
        Storage::MySql(url) => over(config, MySqlSessionStorage::migrate(&url).await?),
        Storage::Sqlite(path) => over(config, SqliteSessionStorage::migrate(&path).await?),
        Storage::Redis(url) => over(config, RedisSessionStorage::connect(&url).await?),
        Storage::Sentinel(urls, waits_for) => {
            let storage = RedisSessionStorage::sentinel(urls, "main").await?;
            match waits_for {
                0 => over(config, storage),
                replicas => over(config, storage.with_wait(replicas, wait)),
            }
        }
        Storage::Cluster(urls, waits_for) => {
            let storage = RedisSessionStorage::cluster(urls).await?;
            match waits_for {
                0 => over(config, storage),
                replicas => over(config, storage.with_wait(replicas, wait)),
            }
        }
        Storage::TowerSessionsMemory | Storage::TowerSessionsRedis(_) => {
            Err("that is no storage of this crate's".into())
        }
    }
}

fn over(config: &Config, storage: impl SessionStorage) -> Result<Router, Failure> {
    let builder = match (config.is_unconditional, config.is_cached) {
        (true, _) => Sessions::builder(Unconditional(storage)),
        (false, true) => Sessions::builder(CachedSessionStorage::new(storage)),
        (false, false) => Sessions::builder(storage),
    };
    let sessions = builder
        .absolute_timeout(Duration::from_millis(config.absolute_milliseconds))
        .idle_timeout(Duration::from_millis(config.idle_milliseconds))
        .storage_timeout(Duration::from_secs(2))
        .ended_within(Duration::from_secs(1))
        .build()?;
    tokio::spawn(sessions.delete_expired_every(Duration::from_secs(2)));
    let named = Router::new()
        .route("/find/{id}", get(find))
        .route("/revoke/{id}", post(revoke))
        .route("/revoke-all/{owner}", post(revoke_all))
        .with_state(sessions.clone());
    let routes = Router::new()
        .route("/read", get(read))
        .route("/wait", get(wait))
        .route("/create/{mark}", post(create))
        .route("/append/{mark}", post(append))
        .route("/insert/{mark}", post(insert))
        .route("/renew", post(renew))
        .route("/log-in/{owner}", post(log_in))
        .route("/log-out", post(log_out))
        .route("/destroy", post(destroy));
    Ok(add_session_middleware(routes, sessions).merge(named))
}

fn seen(session: &SessionData) -> Result<Option<Seen>, SessionError> {
    let log = session.get::<Vec<Mark>>(LOG)?;
    let keys = session.keys();
    let keys = keys
        .iter()
        .filter_map(|key| key.strip_prefix(KEY)?.parse().ok());
    let keys = keys.collect();
    Ok(log.map(|log| Seen { log, keys }))
}

/// What the session holds, once the handler has taken its time over it.
async fn opened(session: &SessionData, ask: &Ask) -> Result<Answer, SessionError> {
    let seen = seen(session)?;
    if ask.pause > 0 {
        tokio::time::sleep(Duration::from_millis(ask.pause)).await;
    }
    Ok(Answer {
        seen,
        ..Answer::default()
    })
}

async fn read(session: SessionData, Query(ask): Query<Ask>) -> Answered {
    Ok(Json(opened(&session, &ask).await?))
}

/// Answers with the session's end or when the time is up, on a response that has begun at once.
async fn wait(session: SessionData, Query(ask): Query<Ask>) -> Result<Response, SessionError> {
    let mut answer = Answer {
        seen: seen(&session)?,
        ..Answer::default()
    };
    let is_there = answer.seen.is_some();
    let text = |answer: &Answer| serde_json::to_string(answer).expect("an answer is JSON");
    let goes_on = text(&answer);
    answer.has_ended = true;
    // Of the same length, which is told before it is known which of them it will be.
    let ended = format!("{:1$}", text(&answer), goes_on.len());
    let headers = [(CONTENT_LENGTH, goes_on.len())];
    let (limit, end) = (Duration::from_millis(ask.pause), session.ended());
    let body = once(async move {
        let has_ended = is_there && timeout(limit, end).await.is_ok();
        Ok::<_, Infallible>(if has_ended { ended } else { goes_on })
    });
    Ok((headers, Body::from_stream(body)).into_response())
}

async fn create(session: SessionData, Path(mark): Path<Mark>) -> Answered {
    session.insert(LOG, [mark])?;
    session.save().await?;
    Ok(Json(Answer {
        id: session.id().map(|id| id.to_string()),
        ..Answer::default()
    }))
}

async fn append(session: SessionData, Path(mark): Path<Mark>, Query(ask): Query<Ask>) -> Answered {
    let mut answer = opened(&session, &ask).await?;
    if answer.seen.is_some() {
        let wrote_at = Arc::new(AtomicU32::new(u32::MAX));
        let last_run = Arc::clone(&wrote_at);
        session.modify(LOG, move |log: &mut Vec<Mark>| {
            last_run.store(log.len() as u32, Ordering::SeqCst);
            log.push(mark);
        })?;
        if ask.save {
            session.save().await?;
            answer.wrote_at = Some(wrote_at.load(Ordering::SeqCst));
        }
    }
    Ok(Json(answer))
}

async fn insert(session: SessionData, Path(mark): Path<Mark>, Query(ask): Query<Ask>) -> Answered {
    let answer = opened(&session, &ask).await?;
    if answer.seen.is_some() {
        session.insert(format!("{KEY}{mark}"), true)?;
    }
    Ok(Json(answer))
}

async fn renew(session: SessionData, Query(ask): Query<Ask>) -> Answered {
    let answer = opened(&session, &ask).await?;
    if answer.seen.is_some() {
        session.renew()?;
    }
    Ok(Json(answer))
}

async fn log_in(
    session: SessionData,
    Path(owner): Path<String>,
    Query(ask): Query<Ask>,
) -> Answered {
    let answer = opened(&session, &ask).await?;
    if answer.seen.is_some() {
        session.log_in(owner)?;
    }
    Ok(Json(answer))
}

async fn log_out(session: SessionData, Query(ask): Query<Ask>) -> Answered {
    let answer = opened(&session, &ask).await?;
    session.log_out();
    Ok(Json(answer))
}

async fn destroy(session: SessionData, Query(ask): Query<Ask>) -> Answered {
    let answer = opened(&session, &ask).await?;
    session.destroy();
    Ok(Json(answer))
}

async fn find(State(sessions): State<Sessions>, Path(id): Path<SessionId>) -> Answered {
    let Some(found) = sessions.find(id).await? else {
        return Ok(Json(Answer::default()));
    };
    let mut seen = Seen {
        log: found.get::<Vec<Mark>>(LOG)?.unwrap_or_default(),
        keys: Vec::new(),
    };
    // A session is found without its list of keys, so those that there may be are asked for.
    for mark in 0..crate::client::MARKS {
        if found.get::<bool>(format!("{KEY}{mark}"))?.is_some() {
            seen.keys.push(mark);
        }
    }
    Ok(Json(Answer {
        seen: Some(seen),
        ..Answer::default()
    }))
}

async fn revoke(State(sessions): State<Sessions>, Path(id): Path<SessionId>) -> Answered {
    sessions.revoke(id).await?;
    Ok(Json(Answer::default()))
}

async fn revoke_all(State(sessions): State<Sessions>, Path(owner): Path<String>) -> Answered {
    sessions.revoke_all(owner).await?;
    Ok(Json(Answer::default()))
}

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use axum_bare_session::{Duration, SessionData, SessionError};

type Text = Result<String, SessionError>;

/// Small routes over the session of scope `S`, for tests whose subject is not the handler.
pub(crate) fn visitor_routes<S: 'static>() -> Router {
    Router::new()
        .route("/read", get(read::<S>))
        .route("/write", get(write::<S>))
        .route("/count", get(count::<S>))
        .route("/renew", get(renew::<S>))
        .route("/log_in/{owner}", get(log_in::<S>))
        .route("/remember/{seconds}", get(remember::<S>))
        .route("/log_out", get(log_out::<S>))
        .route("/expires", get(expires::<S>))
        .route("/ignore", get(async || "ignored"))
}

/// The counter, or `none` for a visitor without a session.
async fn read<S: 'static>(session: Option<SessionData<S>>) -> Text {
    match session {
        Some(session) => Ok(session.get::<u64>("count")?.unwrap_or(0).to_string()),
        None => Ok("none".to_owned()),
    }
}

async fn write<S: 'static>(session: SessionData<S>) -> Result<(), SessionError> {
    session.insert("written", true)
}

async fn count<S: 'static>(session: SessionData<S>) -> Text {
    let count = session.update("count", |count: Option<u64>| count.unwrap_or(0) + 1)?;
    Ok(count.to_string())
}

async fn renew<S: 'static>(session: SessionData<S>) -> Result<(), SessionError> {
    session.renew()
}

async fn log_in<S: 'static>(session: SessionData<S>, owner: Path<String>) -> Text {
    session.log_in(&*owner)?;
    Ok(owner.0)
}

async fn remember<S: 'static>(
    session: SessionData<S>,
    Path(seconds): Path<i64>,
) -> Result<(), SessionError> {
    session.insert("remembered", true)?;
    session.remember(Duration::seconds(seconds))
}

async fn log_out<S: 'static>(session: SessionData<S>) {
    session.destroy();
}

/// The expiry as it was last saved, in microseconds since 1970.
async fn expires<S: 'static>(session: SessionData<S>) -> String {
    match session.expires_at() {
        Some(at) => (at.unix_timestamp_nanos() / 1_000).to_string(),
        None => "none".to_owned(),
    }
}

use axum::{Router, routing::get};
use axum_bare_session::{
    MemorySessionStorage, OffsetDateTime, SessionData, SessionError, add_session_middleware,
};

async fn handle(session: SessionData) -> Result<String, SessionError> {
    let then = session.get::<String>("now")?;
    session.insert("now", OffsetDateTime::now_utc().to_string())?;
    Ok(match then {
        Some(then) => format!("Your last visit was at {then}."),
        None => "This is your first visit.".to_owned(),
    })
}

pub fn app() -> Router {
    let app = Router::new().route("/", get(handle));
    add_session_middleware(app, MemorySessionStorage::new())
}

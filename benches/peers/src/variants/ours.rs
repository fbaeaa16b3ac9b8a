use axum::Router;
use axum::routing::get;
use axum_bare_session::{
    MemorySessionStorage, SessionData, SessionError, Sessions, add_session_middleware,
};

use super::{keys, text};

type Answer = Result<&'static str, SessionError>;

async fn read_1(session: SessionData) -> Answer {
    std::hint::black_box(session.get::<u64>("key_0")?);
    Ok("ok")
}

async fn read_5(session: SessionData) -> Answer {
    std::hint::black_box(session.get::<u64>("key_0")?);
    for key in ["key_1", "key_2", "key_3", "key_4"] {
        std::hint::black_box(session.get::<String>(key)?);
    }
    Ok("ok")
}

async fn modify(session: SessionData) -> Answer {
    let number = session.get::<u64>("key_0")?.unwrap_or(0);
    session.insert("key_0", number + 1)?;
    Ok("ok")
}

async fn fill<const COUNT: usize>(session: SessionData) -> Answer {
    session.insert("key_0", 1)?;
    for key in keys(COUNT) {
        session.insert(key, text(COUNT))?;
    }
    Ok("ok")
}

async fn new(session: SessionData) -> Answer {
    session.insert("key_0", 1)?;
    Ok("ok")
}

/// The routes over any storage.
pub fn router(sessions: Sessions) -> Router {
    let router = Router::new()
        .route("/ignore", get(async || "ok"))
        .route("/read/1", get(read_1))
        .route("/read/5", get(read_5))
        .route("/modify", get(modify))
        .route("/new", get(new))
        .route("/fill/5", get(fill::<5>))
        .route("/fill/100", get(fill::<100>));
    add_session_middleware(router, sessions)
}

pub fn in_memory() -> Router {
    router(Sessions::from(MemorySessionStorage::new()))
}

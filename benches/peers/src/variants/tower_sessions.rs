use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

use super::{keys, text};

type Answer = Result<&'static str, StatusCode>;

fn failed(_: tower_sessions::session::Error) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn read_1(session: Session) -> Answer {
    std::hint::black_box(session.get::<u64>("key_0").await.map_err(failed)?);
    Ok("ok")
}

async fn read_5(session: Session) -> Answer {
    std::hint::black_box(session.get::<u64>("key_0").await.map_err(failed)?);
    for key in ["key_1", "key_2", "key_3", "key_4"] {
        std::hint::black_box(session.get::<String>(key).await.map_err(failed)?);
    }
    Ok("ok")
}

async fn modify(session: Session) -> Answer {
    let number = session
        .get::<u64>("key_0")
        .await
        .map_err(failed)?
        .unwrap_or(0);
    session.insert("key_0", number + 1).await.map_err(failed)?;
    Ok("ok")
}

async fn fill<const COUNT: usize>(session: Session) -> Answer {
    session.insert("key_0", 1).await.map_err(failed)?;
    for key in keys(COUNT) {
        session.insert(&key, text(COUNT)).await.map_err(failed)?;
    }
    Ok("ok")
}

async fn new(session: Session) -> Answer {
    session.insert("key_0", 1).await.map_err(failed)?;
    Ok("ok")
}

pub fn router() -> Router {
    Router::new()
        .route("/ignore", get(async || "ok"))
        .route("/read/1", get(read_1))
        .route("/read/5", get(read_5))
        .route("/modify", get(modify))
        .route("/new", get(new))
        .route("/fill/5", get(fill::<5>))
        .route("/fill/100", get(fill::<100>))
        .layer(SessionManagerLayer::new(MemoryStore::default()))
}

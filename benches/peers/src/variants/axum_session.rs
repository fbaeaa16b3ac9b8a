use axum::Router;
use axum::routing::get;
use axum_session::{
    DatabasePool, Session, SessionConfig, SessionLayer, SessionNullPool, SessionStore,
};

use super::{keys, text};
use crate::Failure;

async fn read_1<P: Pool>(session: Session<P>) -> &'static str {
    std::hint::black_box(session.get::<u64>("key_0"));
    "ok"
}

async fn read_5<P: Pool>(session: Session<P>) -> &'static str {
    std::hint::black_box(session.get::<u64>("key_0"));
    for key in ["key_1", "key_2", "key_3", "key_4"] {
        std::hint::black_box(session.get::<String>(key));
    }
    "ok"
}

async fn modify<P: Pool>(session: Session<P>) -> &'static str {
    let number = session.get::<u64>("key_0").unwrap_or(0);
    session.set("key_0", number + 1);
    "ok"
}

async fn fill<P: Pool, const COUNT: usize>(session: Session<P>) -> &'static str {
    session.set("key_0", 1);
    for key in keys(COUNT) {
        session.set(&key, text(COUNT));
    }
    "ok"
}

async fn new<P: Pool>(session: Session<P>) -> &'static str {
    session.set("key_0", 1);
    "ok"
}

/// What the library asks of a pool.
pub trait Pool: DatabasePool + Clone + std::fmt::Debug + Send + Sync + 'static {}

impl<P: DatabasePool + Clone + std::fmt::Debug + Send + Sync + 'static> Pool for P {}

pub async fn router<P: Pool>(pool: Option<P>, config: SessionConfig) -> Result<Router, Failure> {
    let store = SessionStore::new(pool, config).await?;
    let router = Router::new()
        .route("/ignore", get(async || "ok"))
        .route("/read/1", get(read_1::<P>))
        .route("/read/5", get(read_5::<P>))
        .route("/modify", get(modify::<P>))
        .route("/new", get(new::<P>))
        .route("/fill/5", get(fill::<P, 5>))
        .route("/fill/100", get(fill::<P, 100>));
    Ok(router.layer(SessionLayer::new(store)))
}

pub async fn in_memory() -> Result<Router, Failure> {
    router(None::<SessionNullPool>, SessionConfig::default()).await
}

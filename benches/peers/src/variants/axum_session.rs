use axum::Router;
use axum::routing::get;
use axum_session::{Session, SessionConfig, SessionLayer, SessionNullPool, SessionStore};

use super::{Variant, keys, text};

type NullSession = Session<SessionNullPool>;

async fn read_1(session: NullSession) -> &'static str {
    std::hint::black_box(session.get::<u64>("key_0"));
    "ok"
}

async fn read_5(session: NullSession) -> &'static str {
    std::hint::black_box(session.get::<u64>("key_0"));
    for key in ["key_1", "key_2", "key_3", "key_4"] {
        std::hint::black_box(session.get::<String>(key));
    }
    "ok"
}

async fn modify(session: NullSession) -> &'static str {
    let number = session.get::<u64>("key_0").unwrap_or(0);
    session.set("key_0", number + 1);
    "ok"
}

async fn fill<const COUNT: usize>(session: NullSession) -> &'static str {
    session.set("key_0", 1);
    for key in keys(COUNT) {
        session.set(&key, text(COUNT));
    }
    "ok"
}

async fn new(session: NullSession) -> &'static str {
    session.set("key_0", 1);
    "ok"
}

pub async fn variant() -> Variant {
    let store = SessionStore::<SessionNullPool>::new(None, SessionConfig::default())
        .await
        .expect("a store in memory");
    let router = Router::new()
        .route("/ignore", get(async || "ok"))
        .route("/read/1", get(read_1))
        .route("/read/5", get(read_5))
        .route("/modify", get(modify))
        .route("/new", get(new))
        .route("/fill/5", get(fill::<5>))
        .route("/fill/100", get(fill::<100>));
    Variant {
        name: "axum_session",
        router: router.layer(SessionLayer::new(store)),
        has_sessions: true,
        cookie_name: "session",
        unknown_cookie: "session=00000000-0000-4000-8000-000000000001",
    }
}

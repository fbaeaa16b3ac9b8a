//! Several processes of one example over one server: nothing is lost between them, nothing that ended comes back, and
//! what one ends the others hear.

mod example;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod sockets;

use axum_bare_session::storage::SessionStorage;
use futures_util::future::join_all;

use self::example::{Example, id, request, visit};

/// The processes start at once, so those that create a table do so at once.
async fn assert_nothing_lost_or_revived(
    example: &str,
    url: (&str, &str),
    storage: &impl SessionStorage,
) {
    let examples = Example::start_many(4, example, url);
    let port = |request: usize| examples[request % 4].port;

    let cookie = visit(port(0)).await;
    join_all((0..100).map(|at| request(port(at), "GET /", &cookie))).await;
    let last = request(port(1), "GET /", &cookie).await;
    assert!(last.ends_with("visit 102"), "{last}");

    for _ in 0..20 {
        let cookie = visit(port(0)).await;
        let requests = (0..16).map(|at| {
            let line = if at == 8 { "POST /logout" } else { "GET /" };
            request(port(at), line, &cookie)
        });
        join_all(requests).await;
        let stored = storage.load(id(&cookie)).await.unwrap();
        assert_eq!(stored, None, "the session is back");
    }
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn four_processes_over_postgres_lose_no_update_and_revive_no_session() {
    use crate::sql::PostgresServer;

    let server = PostgresServer::start();
    let storage = server.storage().await;
    let url = server.url();
    assert_nothing_lost_or_revived("postgres", ("DATABASE_URL", &url), &storage).await;
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread")]
async fn four_processes_over_redis_lose_no_update_and_revive_no_session() {
    use crate::redis::RedisServer;

    let server = RedisServer::start(&[]);
    let storage = server.storage().await;
    let url = server.url();
    assert_nothing_lost_or_revived("redis", ("REDIS_URL", &url), &storage).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread")]
async fn four_processes_over_one_file_lose_no_update_and_revive_no_session() {
    let dir = std::env::temp_dir().join(format!("processes-{}", std::process::id()));
    std::fs::create_dir(&dir).unwrap();
    let path = dir.join("sessions.db");
    let storage = axum_bare_session::SqliteSessionStorage::migrate(&path).await;
    let path = path.to_str().unwrap();
    assert_nothing_lost_or_revived("sqlite", ("DATABASE_PATH", path), &storage.unwrap()).await;
    std::fs::remove_dir_all(&dir).unwrap();
}

//! Behind pgbouncer, which gives each transaction another session of the server's.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use axum::http::StatusCode;
use axum_bare_session::PostgresSessionStorage;
use futures_util::future::join_all;

use super::{PASSWORD, SHARED, client, execute, number, shared, url};
use crate::sql::app::app;
use crate::sql::database::new_table;
use crate::sql::server::{Recipe, Server};

const RECIPE: Recipe = Recipe {
    package: "pgbouncer",
    user: "postgres",
    prepare: |_| Command::new("true"),
    run: |dir, port| run(dir, port, ""),
};

/// One that takes the settings that a client begins with, and forgets them.
const FORGETTING: Recipe = Recipe {
    run: |dir, port| run(dir, port, "ignore_startup_parameters = options"),
    ..RECIPE
};

static POOLER: LazyLock<Server> = LazyLock::new(|| Server::start(&RECIPE));

fn run(dir: &Path, port: u16, more: &str) -> Command {
    let (users, settings) = (dir.join("users"), dir.join("settings.ini"));
    std::fs::write(&users, format!("\"app\" \"{PASSWORD}\"\n")).unwrap();
    let server = SHARED.port;
    let users = users.display();
    let text = format!(
        "[databases]\n\
         * = host=127.0.0.1 port={server}\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = plain\n\
         auth_file = {users}\n\
         pool_mode = transaction\n\
         default_pool_size = 4\n\
         {more}\n"
    );
    std::fs::write(&settings, text).unwrap();
    let mut pooler = Command::new("/usr/sbin/pgbouncer");
    pooler.arg(settings);
    pooler
}

pub(super) async fn storage() -> PostgresSessionStorage {
    shared().await;
    client(&POOLER).await;
    PostgresSessionStorage::migrate(&url(&POOLER))
        .await
        .unwrap()
}

#[cfg(feature = "conformance")]
axum_bare_session::storage_conformance!(contract, storage().await);

/// Two processes of 16 connections each, in tables of their own, share the four sessions that the pooler has: a
/// statement that one has prepared would be the other's.
async fn assert_none_fails(pooler: &Server) {
    client(pooler).await;
    let observer = shared().await;
    let mut apps = Vec::new();
    for table in [new_table(), new_table()] {
        let builder = PostgresSessionStorage::builder(&url(pooler)).table(table.clone());
        apps.push((app(builder.migrate().await.unwrap()), table));
    }
    let requests = apps.iter().flat_map(|(app, _)| {
        (0..160).map(|_| {
            let mut visitor = app.clone();
            async move {
                for round in 1..4 {
                    let reply = visitor.post("/count").await;
                    assert_eq!(reply.status, StatusCode::OK);
                    assert_eq!(visitor.get("/counted").await.body, round.to_string());
                }
            }
        })
    });
    join_all(requests).await;
    for (_, table) in apps {
        let count = format!("SELECT count(*) FROM {table}");
        assert_eq!(number(&observer, &count).await, 160);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn none_of_960_requests_fails_behind_pgbouncer() {
    shared().await;
    assert_none_fails(&POOLER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn none_fails_behind_a_pgbouncer_that_ignores_options() {
    shared().await;
    assert_none_fails(&Server::start(&FORGETTING)).await;
}

/// What a pooler makes of idle clients and servers: it closes them.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_are_closed_behind_the_pooler_fail_few_requests_and_none_after() {
    let storage = storage().await;
    let mut visitor = app(storage);
    assert_eq!(visitor.post("/count").await.status, StatusCode::OK);
    let observer = shared().await;
    let close = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
                 WHERE pid <> pg_backend_pid() AND application_name = 'axum-bare-session' AND query ~ 'bare_sessions'";
    execute(&observer, close).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(visitor.get("/counted").await.body, "1");
    assert_eq!(visitor.post("/count").await.status, StatusCode::OK);
}

//! PostgreSQL: the servers, and what only this storage does.

mod broken;
mod connect;
mod failover;
mod lost;
mod patroni;
mod pooler;
mod recipe;
mod stuck;

use std::sync::LazyLock;

use axum_bare_session::PostgresSessionStorage;
use axum_bare_session::storage::{PostgresSessionStorageBuilder, StorageError, TableName};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use self::recipe::{PASSWORD, RECIPE, program, run, url, url_with_password};
use crate::sql::database::{Database, new_table};
use crate::sql::faults::Killable;
use crate::sql::full::Fillable;
use crate::sql::server::{Recipe, Server};
use crate::support::Backend;

/// The server that tests share, each with a table of its own.
static SHARED: LazyLock<Server> = LazyLock::new(|| Server::start(&RECIPE));

/// A connection past the storage, as soon as the server answers.
async fn client(server: &Server) -> Client {
    for _ in 0..600 {
        if let Ok((client, connection)) = tokio_postgres::connect(&url(server), NoTls).await {
            tokio::spawn(connection);
            return client;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the server does not answer: {}", server.log());
}

async fn builder(server: &Server) -> PostgresSessionStorageBuilder {
    client(server).await;
    PostgresSessionStorage::builder(&url(server))
}

pub(super) async fn shared() -> Client {
    client(&SHARED).await
}

/// A URL of another database of the shared server.
pub(super) fn shared_url(database: &str) -> String {
    url(&SHARED).replace("/postgres?", &format!("/{database}?"))
}

/// The shared server's storage in `bare_sessions`.
pub(super) async fn storage() -> PostgresSessionStorage {
    builder(&SHARED).await.migrate().await.unwrap()
}

pub(crate) struct Postgres {
    client: Client,
    table: TableName,
}

impl Database for Postgres {
    type Storage = PostgresSessionStorage;

    async fn new(table: &str) -> Self {
        let (client, table) = (shared().await, TableName::new(table).unwrap());
        Self { client, table }
    }

    async fn migrate(&self) -> Result<PostgresSessionStorage, StorageError> {
        let builder = PostgresSessionStorage::builder(&url(&SHARED));
        builder.table(self.table.clone()).migrate().await
    }

    async fn execute(&self, sql: &str) -> u64 {
        execute(&self.client, sql).await
    }
}

pub(super) async fn execute(client: &Client, sql: &str) -> u64 {
    let messages = client.simple_query(sql).await.unwrap();
    let counts = messages.iter().map(|message| match message {
        SimpleQueryMessage::CommandComplete(rows) => *rows,
        _ => 0,
    });
    counts.sum()
}

/// The first column of the only row.
pub(super) async fn number(client: &Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

impl Backend for Postgres {
    type Storage = PostgresSessionStorage;

    async fn storage() -> PostgresSessionStorage {
        let builder = builder(&SHARED).await.table(new_table());
        builder.migrate().await.unwrap()
    }
}

impl Fillable for PostgresServer {
    type Storage = PostgresSessionStorage;

    // What the system says of a file that may not grow.
    const FULL: &str = "XX000";

    async fn small() -> Self {
        Self::start()
    }

    async fn storage(&self) -> PostgresSessionStorage {
        Self::storage(self).await
    }

    async fn limit(&self) {
        // The files of the server's own log have this size.
        self.0.limit_files(Some(16 << 20));
    }

    async fn free(&self) {
        self.0.limit_files(None);
    }
}

impl Killable for Postgres {
    type Storage = PostgresSessionStorage;

    const RECIPE: &Recipe = &RECIPE;
    const PASSWORD: &str = PASSWORD;

    fn connect_lazily(server: &Server, password: &str) -> PostgresSessionStorage {
        let url = url_with_password(server, password);
        PostgresSessionStorage::builder(&url)
            .connect_lazily()
            .unwrap()
    }

    async fn migrate(server: &Server) {
        builder(server).await.migrate().await.unwrap();
    }
}

/// A server of a test's own, for other processes than the test's.
pub(crate) struct PostgresServer(Server);

impl PostgresServer {
    pub(crate) fn start() -> Self {
        Self(Server::start(&RECIPE))
    }

    pub(crate) fn url(&self) -> String {
        url(&self.0)
    }

    pub(crate) async fn storage(&self) -> PostgresSessionStorage {
        builder(&self.0).await.migrate().await.unwrap()
    }
}

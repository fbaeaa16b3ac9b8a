use std::sync::LazyLock;

use axum_bare_session::MySqlSessionStorage;
use axum_bare_session::storage::{MySqlSessionStorageBuilder, StorageError, TableName};
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::database::{Database, new_table};
use super::faults::Killable;
use super::full::{Fillable, noise};
pub(super) use super::mysql_recipe::{PASSWORD, RECIPE, prepare, run, url};
use super::server::{Recipe, Server};
use crate::support::Backend;

/// The server that tests share, each with a table of its own.
static SHARED: LazyLock<Server> = LazyLock::new(|| Server::start(&RECIPE));

/// A server whose settings are as unlike the usual ones as can be.
static ODD: LazyLock<Server> = LazyLock::new(|| Server::start(&ODD_RECIPE));

const ODD_RECIPE: Recipe = Recipe {
    run: |dir, port| {
        let mut server = run(dir, port);
        server.args([
            "--character-set-server=latin1",
            "--skip-character-set-client-handshake",
            "--autocommit=0",
            "--completion-type=CHAIN",
            "--init-connect=SET autocommit = 0, NAMES latin1, sql_select_limit = 1",
            "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,ORACLE",
            "--transaction-isolation=READ-UNCOMMITTED",
            "--transaction-read-only=1",
            "--default-time-zone=-11:30",
            "--binlog-format=STATEMENT",
            "--log-bin",
            "--default-storage-engine=MyISAM",
        ]);
        server
    },
    ..RECIPE
};

/// A connection past the storages, as soon as the server answers.
pub(super) async fn connection(server: &Server) -> Conn {
    let mut last = None;
    for _ in 0..200 {
        match Conn::from_url(url(server, PASSWORD)).await {
            Ok(conn) => return conn,
            Err(error) => last = Some(error),
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the server does not answer: {last:?}: {}", server.log());
}

/// A connection that may do everything.
pub(super) async fn admin(server: &Server) -> Conn {
    connection(server).await.disconnect().await.unwrap();
    let url = format!("mysql://admin:{PASSWORD}@127.0.0.1:{}", server.port);
    Conn::from_url(url).await.unwrap()
}

/// A server of a test's own.
pub(super) fn server() -> Server {
    Server::start(&RECIPE)
}

/// The storages of a server, which answers.
pub(super) async fn builder(server: &Server) -> MySqlSessionStorageBuilder {
    connection(server).await.disconnect().await.unwrap();
    MySqlSessionStorage::builder(&url(server, PASSWORD))
}

/// The shared server's storage in `bare_sessions`.
pub(super) async fn storage() -> MySqlSessionStorage {
    builder(&SHARED).await.migrate().await.unwrap()
}

pub(super) async fn odd_storage() -> MySqlSessionStorage {
    builder(&ODD).await.migrate().await.unwrap()
}

/// A connection to the server with the odd settings, which it has too.
pub(super) async fn odd_connection() -> Conn {
    connection(&ODD).await
}

pub(crate) struct MySql {
    table: TableName,
}

impl MySql {
    async fn builder(&self) -> MySqlSessionStorageBuilder {
        builder(&SHARED).await.table(self.table.clone())
    }
}

impl Database for MySql {
    type Storage = MySqlSessionStorage;

    async fn new(table: &str) -> Self {
        let table = TableName::new(table).unwrap();
        Self { table }
    }

    async fn migrate(&self) -> Result<MySqlSessionStorage, StorageError> {
        self.builder().await.migrate().await
    }

    async fn execute(&self, sql: &str) -> u64 {
        let mut conn = connection(&SHARED).await;
        execute(&mut conn, sql).await
    }
}

pub(super) async fn execute(conn: &mut Conn, sql: &str) -> u64 {
    conn.query_drop(sql).await.unwrap();
    conn.affected_rows()
}

impl Backend for MySql {
    type Storage = MySqlSessionStorage;

    async fn storage() -> MySqlSessionStorage {
        let builder = builder(&SHARED).await.table(new_table());
        builder.migrate().await.unwrap()
    }
}

/// A server of a test's own, whose tables have 24 MB in all.
pub(crate) struct SmallMySql {
    server: Server,
    /// What takes some of the room until the test wants it.
    reserve: tokio::sync::Mutex<Option<Conn>>,
}

/// The server's own tables are in files of their own.
const SMALL: Recipe = Recipe {
    run: |dir, port| {
        let mut server = run(dir, port);
        server.arg("--innodb-file-per-table=0");
        server.arg("--innodb-data-file-path=ibdata1:12M;more:24M");
        server
    },
    ..RECIPE
};

impl Fillable for SmallMySql {
    type Storage = MySqlSessionStorage;

    const FULL: &str = "is full";

    async fn small() -> Self {
        Self {
            server: Server::start(&SMALL),
            reserve: tokio::sync::Mutex::default(),
        }
    }

    async fn storage(&self) -> MySqlSessionStorage {
        builder(&self.server).await.migrate().await.unwrap()
    }

    async fn limit(&self) {
        let mut reserve = connection(&self.server).await;
        execute(&mut reserve, "CREATE TABLE reserve (text LONGTEXT)").await;
        execute(&mut reserve, "START TRANSACTION").await;
        for _ in 0..64 {
            let row = (noise(60_000),);
            let insert = reserve.exec_drop("INSERT INTO reserve VALUES (?)", row);
            insert.await.unwrap();
        }
        *self.reserve.lock().await = Some(reserve);
    }

    async fn free(&self) {
        // To undo takes no room, where to delete does.
        let reserve = self.reserve.lock().await.take();
        let mut reserve = reserve.expect("a reserve");
        execute(&mut reserve, "ROLLBACK").await;
        let large = "DELETE FROM bare_sessions WHERE owner = 'large'";
        execute(&mut reserve, large).await;
    }
}

impl Killable for MySql {
    type Storage = MySqlSessionStorage;

    const RECIPE: &Recipe = &RECIPE;
    const PASSWORD: &str = PASSWORD;

    fn connect_lazily(server: &Server, password: &str) -> MySqlSessionStorage {
        let builder = MySqlSessionStorage::builder(&url(server, password));
        builder.connect_lazily().unwrap()
    }

    async fn migrate(server: &Server) {
        builder(server).await.migrate().await.unwrap();
    }
}

//! PostgreSQL and MariaDB, as `tests/it` starts them.

#[path = "../it/sql/mysql_recipe.rs"]
mod mysql_recipe;
#[path = "../it/sql/postgres/recipe.rs"]
mod postgres_recipe;
#[path = "../it/sql/server.rs"]
#[expect(dead_code, reason = "the integration tests ask for more")]
mod server;

use server::{Recipe, Server};

use crate::worker::Storage;

/// A private server.
pub(crate) struct SqlServer {
    server: Server,
    kind: &'static Kind,
}

struct Kind {
    recipe: Recipe,
    storage: fn(&Server, u16) -> Storage,
}

static POSTGRES: Kind = Kind {
    recipe: postgres_recipe::RECIPE,
    storage: |server, port| {
        let (own, other) = (format!(":{}/", server.port), format!(":{port}/"));
        Storage::Postgres(postgres_recipe::url(server).replace(&own, &other))
    },
};

static MYSQL: Kind = Kind {
    recipe: mysql_recipe::RECIPE,
    storage: |server, port| {
        let (own, other) = (format!(":{}/", server.port), format!(":{port}/"));
        let url = mysql_recipe::url(server, mysql_recipe::PASSWORD);
        Storage::MySql(url.replace(&own, &other))
    },
};

impl SqlServer {
    pub(crate) fn postgres() -> Self {
        Self::start(&POSTGRES)
    }

    pub(crate) fn mysql() -> Self {
        Self::start(&MYSQL)
    }

    fn start(kind: &'static Kind) -> Self {
        let server = Server::start(&kind.recipe);
        Self { server, kind }
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.port
    }

    /// The storage on it, where it is reached at `port`.
    pub(crate) fn storage_at(&self, port: u16) -> Storage {
        (self.kind.storage)(&self.server, port)
    }

    pub(crate) fn kill(&self) {
        self.server.kill();
    }

    pub(crate) fn restart(&self) {
        self.server.restart();
    }

    /// Stops it in its tracks while `wait` runs.
    pub(crate) fn pause(&self, wait: impl FnOnce()) {
        let paused = self.server.pause();
        wait();
        drop(paused);
    }
}

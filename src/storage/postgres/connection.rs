use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::TryStreamExt;
use futures_util::pin_mut;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row};

use super::retirement::Retirement;
use super::statements::Statement;

/// A value for a parameter.
pub(super) type Value<'v> = &'v (dyn ToSql + Sync);

/// A connection to the server. What many ask of it at once travels together.
pub(super) struct Connection {
    pub(super) client: Client,
    /// The statements that are prepared on it, each when it is first asked for; `None`: never, since the server behind
    /// the next call may be another one.
    prepared: Option<[OnceCell<tokio_postgres::Statement>; Statement::COUNT]>,
    primary: Primary,
    retirement: Retirement,
    is_clogged: AtomicBool,
}

/// The server that took writes when a connection was begun, as the number of those before it.
#[derive(Clone)]
pub(super) struct Primary {
    number: u64,
    /// The number of the latest, which all connections share.
    latest: Arc<AtomicU64>,
}

impl Primary {
    pub(super) fn new() -> Self {
        Self {
            number: 0,
            latest: Arc::default(),
        }
    }

    /// The one that takes writes as far as is known.
    pub(super) fn latest(&self) -> Self {
        Self {
            number: self.latest.load(Ordering::Relaxed),
            latest: Arc::clone(&self.latest),
        }
    }

    fn is_left(&self) -> bool {
        self.number < self.latest.load(Ordering::Relaxed)
    }

    fn leave(&self) {
        self.latest.fetch_max(self.number + 1, Ordering::Relaxed);
    }
}

/// A connection until it has answered, or the runtime that waits for that has ended.
struct Clogged(Arc<Connection>);

impl Drop for Clogged {
    fn drop(&mut self) {
        self.0.is_clogged.store(false, Ordering::Release);
    }
}

/// What a statement came to.
pub(super) struct Answer {
    pub(super) rows: Vec<Row>,
    /// How many rows it wrote, or else returned.
    pub(super) count: u64,
}

impl Connection {
    pub(super) fn new(
        client: Client,
        may_prepare: bool,
        primary: Primary,
        retirement: Retirement,
    ) -> Arc<Self> {
        let prepared = may_prepare.then(Default::default);
        Arc::new(Self {
            client,
            prepared,
            primary,
            retirement,
            is_clogged: AtomicBool::new(false),
        })
    }

    /// Whether another may take its place, while the server still works on what it was asked here.
    pub(super) fn may_retire(&self) -> bool {
        self.retirement.begin()
    }

    /// Whether it is behind answers that nobody waits for any more.
    pub(super) fn is_clogged(&self) -> bool {
        self.is_clogged.load(Ordering::Acquire)
    }

    /// Takes it out of use until the server has answered all that was asked on it. Otherwise more and more would be,
    /// which a server that comes back makes, though it was given up long before.
    pub(super) fn clog(self: &Arc<Self>) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if self.is_clogged.swap(true, Ordering::AcqRel) {
            return;
        }
        let clogged = Clogged(Arc::clone(self));
        runtime.spawn(async move {
            // Its turn comes after all of them; where it fails, the connection is closed.
            let _ = clogged.0.client.check_connection().await;
        });
    }

    /// Whether it is known to be of no more use: closed, or to a server that has been left.
    pub(super) fn is_gone(&self) -> bool {
        self.client.is_closed() || self.primary.is_left()
    }

    /// Leaves the server with all connections that were begun before this is known: it takes writes no more, and would
    /// go on reading what is out of date.
    pub(super) fn leave(&self) {
        self.primary.leave();
    }

    /// Runs a statement in one round trip, but for the first time that it is prepared.
    pub(super) async fn ask(
        &self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<Answer, Error> {
        let values = values.iter().copied();
        let rows = match &self.prepared {
            Some(prepared) => {
                let prepare = || self.client.prepare_typed(&statement.sql, &statement.types);
                let prepared = prepared[statement.number].get_or_try_init(prepare);
                self.client.query_raw(prepared.await?, values).await?
            }
            None => {
                let values = values.zip(statement.types.iter().cloned());
                self.client.query_typed_raw(&statement.sql, values).await?
            }
        };
        pin_mut!(rows);
        let mut answer = Answer {
            rows: Vec::new(),
            count: 0,
        };
        while let Some(row) = rows.try_next().await? {
            answer.rows.push(row);
        }
        answer.count = rows.rows_affected().unwrap_or_default();
        Ok(answer)
    }
}

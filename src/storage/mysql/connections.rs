use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, Error, Opts, Pool, Row, Value};
use tokio::time::timeout;

use super::error::{Failure, Place, is_of_the_connection, was_rolled_back};
use super::unbroken::Unbroken;

/// How long a call waits for a connection: for a free one, or for a server to accept a new one.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a statement is tried again that the server rolled back for the sake of another.
pub(super) const MAX_RETRIES: usize = 8;

/// Connections to a server, some at most, each made when a call finds none that is free.
///
/// The driver's pool looks at a socket before it hands it out, which takes no round trip: one that the server has
/// closed meanwhile is no call's error.
pub(super) struct Connections {
    options: Opts,
    pool: Mutex<Numbered>,
    pub(super) place: Arc<Place>,
}

struct Numbered {
    number: u64,
    pool: Pool,
}

/// What a statement came to.
pub(super) struct Reply {
    pub(super) rows: Vec<Row>,
    /// How many rows it found that it was to change.
    pub(super) affected: u64,
}

impl Connections {
    pub(super) fn new(options: Opts, place: Place) -> Self {
        let pool = Pool::new(options.clone());
        Self {
            options,
            pool: Mutex::new(Numbered { number: 0, pool }),
            place: Arc::new(place),
        }
    }

    /// Runs a statement that changes nothing. Where the connection breaks, it is asked once more, on another.
    pub(super) async fn read(
        &self,
        sql: &Arc<str>,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, Failure> {
        let reply = match self.ask(sql, values.clone()).await {
            Err(error) if error.is_fatal() => self.ask(sql, values).await,
            reply => reply,
        };
        let reply = reply.map_err(|error| self.failure(&error))?;
        Ok(reply.rows)
    }

    /// Runs a statement that changes rows, once: where the connection breaks, nobody knows whether it has.
    pub(super) async fn write(&self, sql: &Arc<str>, values: Vec<Value>) -> Result<u64, Failure> {
        let reply = self.ask(sql, values).await;
        let reply = reply.map_err(|error| self.failure(&error))?;
        Ok(reply.affected)
    }

    /// Runs a statement that changes rows, by a text that is not used again and carries its values.
    pub(super) async fn write_once(&self, sql: String) -> Result<u64, Failure> {
        let conn = self.acquire().await;
        let conn = conn.map_err(|error| self.failure(&error))?;
        let affected = Unbroken::new(text(conn, sql)).await;
        affected.map_err(|error| self.failure(&error))
    }

    /// [`write`](Self::write), with the driver's error.
    pub(super) async fn ask(&self, sql: &Arc<str>, values: Vec<Value>) -> Result<Reply, Error> {
        let conn = self.acquire().await?;
        let call = |conn| Unbroken::new(statement(conn, Arc::clone(sql), values.clone()));
        match call(conn).await {
            Err(error) if is_of_the_connection(&error) => call(self.acquire().await?).await,
            reply => reply,
        }
    }

    pub(super) async fn acquire(&self) -> Result<Conn, Error> {
        let (number, pool) = self.pool();
        match timeout(PATIENCE, pool.get_conn()).await {
            Ok(Err(Error::Driver(DriverError::PoolDisconnected))) => {}
            Ok(conn) => return conn,
            Err(_) => return Err(no_connection()),
        }
        // The pool ends with the runtime that first used it.
        let pool = self.renew(number);
        let conn = timeout(PATIENCE, pool.get_conn()).await;
        conn.unwrap_or_else(|_| Err(no_connection()))
    }

    fn pool(&self) -> (u64, Pool) {
        let current = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        (current.number, current.pool.clone())
    }

    fn renew(&self, ended: u64) -> Pool {
        let mut current = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if current.number == ended {
            *current = Numbered {
                number: ended + 1,
                pool: Pool::new(self.options.clone()),
            };
        }
        current.pool.clone()
    }

    pub(super) fn failure(&self, error: &Error) -> Failure {
        Failure::new(error, &self.place)
    }
}

fn no_connection() -> Error {
    std::io::Error::new(
        std::io::ErrorKind::TimedOut,
        "none to be had in time: the server hangs, or all are busy",
    )
    .into()
}

/// Runs a statement on a connection, which then goes back, unless it is of no more use.
async fn statement(mut conn: Conn, sql: Arc<str>, values: Vec<Value>) -> Result<Reply, Error> {
    let mut retries = 0;
    loop {
        match conn.exec(&*sql, values.clone()).await {
            Ok(rows) => {
                let affected = conn.affected_rows();
                return Ok(Reply { rows, affected });
            }
            Err(error) if retries < MAX_RETRIES && was_rolled_back(&error) => retries += 1,
            Err(error) => {
                if is_of_the_connection(&error) {
                    let _ = conn.disconnect().await;
                }
                return Err(error);
            }
        }
    }
}

async fn text(mut conn: Conn, sql: String) -> Result<u64, Error> {
    let mut retries = 0;
    loop {
        match conn.query_drop(&sql).await {
            Ok(()) => return Ok(conn.affected_rows()),
            Err(error) if retries < MAX_RETRIES && was_rolled_back(&error) => retries += 1,
            Err(error) => return Err(error),
        }
    }
}

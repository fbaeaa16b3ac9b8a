use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mysql_async::{Conn, DriverError, Error, Opts, Pool, Row, Value};
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::call::{Call, Prepared, Reply, Text, make};
use super::error::{Failure, Place, is_of_the_connection, is_of_the_server};
use super::options::for_its_server;
use super::unbroken::Unbroken;

/// How long a call waits for a connection: for a free one, or for a server to accept a new one.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections to a server, some at most, each made when a call finds none that is free.
///
/// The driver's pool looks at a socket before it hands it out, which takes no round trip: one that the server has
/// closed meanwhile is no call's error.
pub(super) struct Connections {
    options: Opts,
    pool: Mutex<Numbered>,
    pub(super) place: Arc<Place>,
}

#[derive(Clone)]
struct Numbered {
    number: u64,
    /// Made by the first call, which looks what kind of server it is.
    pool: Arc<OnceCell<Pool>>,
}

impl Connections {
    pub(super) fn new(options: Opts, place: Place) -> Self {
        let pool = Arc::default();
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
        let affected = self.make(Text(sql)).await;
        affected.map_err(|error| self.failure(&error))
    }

    /// [`write`](Self::write), with the driver's error.
    pub(super) async fn ask(&self, sql: &Arc<str>, values: Vec<Value>) -> Result<Reply, Error> {
        let sql = Arc::clone(sql);
        self.make(Prepared { sql, values }).await
    }

    /// Makes a call. One that was refused for what the server or the connection has become is made on a new one.
    pub(super) async fn make<C: Call>(&self, call: C) -> Result<C::Reply, Error> {
        let call = Arc::new(call);
        let (number, conn) = self.acquire().await?;
        match Unbroken::new(make(conn, Arc::clone(&call))).await {
            // The others lead to the same server, and would go on reading there what is out of date.
            Err(error) if is_of_the_server(&error) => self.leave(number),
            Err(error) if is_of_the_connection(&error) => {}
            reply => return reply,
        }
        let (_, conn) = self.acquire().await?;
        Unbroken::new(make(conn, call)).await
    }

    /// A connection, and the number of the pool that it is of.
    pub(super) async fn acquire(&self) -> Result<(u64, Conn), Error> {
        let acquired = timeout(PATIENCE, async {
            loop {
                let Numbered { number, pool } = self.pool();
                let pool = pool.get_or_try_init(|| self.make_pool()).await?;
                match pool.get_conn().await {
                    // It was left meanwhile, or ended with the runtime that first used it.
                    Err(Error::Driver(DriverError::PoolDisconnected)) => drop(self.renew(number)),
                    conn => return Ok((number, conn?)),
                }
            }
        });
        acquired.await.unwrap_or_else(|_| Err(no_connection()))
    }

    async fn make_pool(&self) -> Result<Pool, Error> {
        Ok(Pool::new(for_its_server(&self.options).await?))
    }

    fn pool(&self) -> Numbered {
        let current = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }

    /// Replaces the pool of that number, and returns it, unless that has been done.
    fn renew(&self, number: u64) -> Option<Arc<OnceCell<Pool>>> {
        let mut current = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let is_current = current.number == number;
        is_current.then(|| {
            let (number, pool) = (number + 1, Arc::default());
            std::mem::replace(&mut *current, Numbered { number, pool }).pool
        })
    }

    /// Replaces the pool of that number, and closes its connections: each as soon as it is idle.
    fn leave(&self, number: u64) {
        if let Some(left) = self.renew(number)
            && let Some(pool) = left.get()
        {
            tokio::spawn(pool.clone().disconnect());
        }
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

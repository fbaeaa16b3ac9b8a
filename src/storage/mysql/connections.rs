use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mysql_async::{Conn, DriverError, Error, Opts, Pool, Row, Value};
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep_until, timeout};

use super::call::{Call, Prepared, Reply, Text, make};
use super::error::{Failure, Place, is_of_the_connection, is_of_the_server};
use super::options::ask_server;
use super::unbroken::Unbroken;

/// How long a call waits for a connection: for a free one, or for a server to accept a new one.
const PATIENCE: Duration = Duration::from_secs(10);
/// How old connections are at least that are replaced for what their server has become. While it takes no writes, that
/// may be for long, each call would otherwise have all the others dial anew.
const LEAST_AGE: Duration = Duration::from_secs(1);

/// Connections to a server, some at most, each made when a call finds none that is free.
///
/// The driver's pool looks at a socket before it hands it out, which takes no round trip: one that the server has
/// closed meanwhile is no call's error.
pub(super) struct Connections {
    options: Opts,
    current: Mutex<Arc<Generation>>,
    pub(super) place: Arc<Place>,
}

/// The connections that are replaced together, since they lead to the same server.
pub(super) struct Generation {
    since: Instant,
    /// Made by the first call, which looks what kind of server it is.
    pool: OnceCell<Pool>,
    /// Whether the server refused a call for what it has become. It goes on answering reads, with what is out of date.
    is_refused: AtomicBool,
}

impl Generation {
    fn new(is_refused: bool) -> Self {
        Self {
            since: Instant::now(),
            pool: OnceCell::new(),
            is_refused: AtomicBool::new(is_refused),
        }
    }

    /// When it ends, if its server refuses calls.
    fn end(&self) -> Instant {
        self.since + LEAST_AGE
    }

    fn is_over(&self) -> bool {
        let is_refused = self.pool.initialized() && self.is_refused.load(Ordering::SeqCst);
        is_refused && self.end() <= Instant::now()
    }

    async fn pool(&self, options: &Opts) -> Result<&Pool, Error> {
        let made = self.pool.get_or_try_init(async || {
            let server = ask_server(options).await?;
            // After a refusal, a server that is read-only is the one that was to be left, until it takes writes again.
            self.is_refused
                .fetch_and(server.is_read_only, Ordering::SeqCst);
            Ok(Pool::new(server.options))
        });
        made.await
    }

    async fn make<C: Call>(&self, conn: Conn, call: &Arc<C>) -> Result<C::Reply, Error> {
        let reply = Unbroken::new(make(conn, Arc::clone(call))).await;
        if reply.as_ref().is_err_and(is_of_the_server) {
            self.is_refused.store(true, Ordering::SeqCst);
        }
        reply
    }
}

impl Connections {
    pub(super) fn new(options: Opts, place: Place) -> Self {
        Self {
            options,
            current: Mutex::new(Arc::new(Generation::new(false))),
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
        let (generation, conn) = self.acquire().await?;
        match generation.make(conn, &call).await {
            Err(error) if is_of_the_server(&error) => sleep_until(generation.end()).await,
            Err(error) if is_of_the_connection(&error) => {}
            reply => return reply,
        }
        let (generation, conn) = self.acquire().await?;
        generation.make(conn, &call).await
    }

    /// A connection, and the generation that it is of.
    pub(super) async fn acquire(&self) -> Result<(Arc<Generation>, Conn), Error> {
        let acquired = timeout(PATIENCE, async {
            loop {
                let generation = self.generation();
                let pool = generation.pool(&self.options).await?;
                match pool.get_conn().await {
                    // It was left meanwhile, or ended with the runtime that first used it.
                    Err(Error::Driver(DriverError::PoolDisconnected)) => self.leave(&generation),
                    conn => return Ok((generation, conn?)),
                }
            }
        });
        acquired.await.unwrap_or_else(|_| Err(no_connection()))
    }

    /// The generation to use now: another than the last, if that has to end.
    fn generation(&self) -> Arc<Generation> {
        let current = self.current();
        if current.is_over() {
            self.leave(&current);
        }
        self.current()
    }

    fn current(&self) -> Arc<Generation> {
        let current = self.current.lock();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins another generation, unless that has been done, and closes the connections of this one: each as soon as it
    /// is idle.
    fn leave(&self, generation: &Arc<Generation>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, generation) {
            let is_refused = generation.is_refused.load(Ordering::SeqCst);
            *current = Arc::new(Generation::new(is_refused));
            if let Some(pool) = generation.pool.get() {
                tokio::spawn(pool.clone().disconnect());
            }
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

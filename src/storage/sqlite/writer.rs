use std::iter::once;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::database::{Database, when_unlocked};
use super::error::{Problem, SqliteError};
use super::statements::Statements;

/// The most writes that one transaction takes, so that other processes get their turn.
const MAX_WRITES: usize = 256;

/// Where writes wait for the thread that commits them. It ends when this is dropped, after the last of them.
pub(super) struct Writer {
    writes: Sender<Box<dyn Write>>,
    database: Arc<Database>,
}

/// A write that waits, and whoever waits for its answer.
pub(super) trait Write: Send {
    /// Runs within a transaction, and keeps the outcome.
    fn run(&mut self, thread: &WriterThread) -> Result<(), SqliteError>;

    /// Tells the outcome, or why the transaction came to nothing.
    fn answer(self: Box<Self>, ended: Result<(), SqliteError>);
}

struct Waiting<F, T> {
    work: Option<F>,
    outcome: Option<Result<T, SqliteError>>,
    answer: oneshot::Sender<Result<T, SqliteError>>,
}

impl Writer {
    pub(super) fn new(writes: Sender<Box<dyn Write>>, database: Arc<Database>) -> Self {
        Self { writes, database }
    }

    /// Runs `work`, which may write by one statement at most, and returns once its transaction is committed.
    ///
    /// Whoever stops waiting changes nothing: what was asked for is done.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &Statements) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SqliteError> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            work: Some(work),
            outcome: None,
            answer,
        };
        let ended = || self.database.error(Problem::Ended);
        self.writes.send(Box::new(waiting)).map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }
}

impl<F, T> Write for Waiting<F, T>
where
    F: FnOnce(&Connection, &Statements) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn run(&mut self, thread: &WriterThread) -> Result<(), SqliteError> {
        let Some(work) = self.work.take() else {
            return Ok(());
        };
        let outcome = work(&thread.connection, &thread.statements);
        let outcome = outcome.map_err(|error| thread.database.failed(&error));
        let told = outcome.as_ref().map(|_| ()).map_err(Clone::clone);
        self.outcome = Some(outcome);
        told
    }

    fn answer(self: Box<Self>, ended: Result<(), SqliteError>) {
        // Nobody may wait any longer.
        let _ = match (ended, self.outcome) {
            (Ok(()), Some(outcome)) => self.answer.send(outcome),
            (Ok(()), None) => return,
            (Err(error), _) => self.answer.send(Err(error)),
        };
    }
}

/// The thread that writes: what waits goes into one transaction, which waits for the disk once for all of it.
pub(super) struct WriterThread {
    pub(super) connection: Connection,
    pub(super) statements: Arc<Statements>,
    pub(super) database: Arc<Database>,
}

impl WriterThread {
    pub(super) fn run(&self, writes: &Receiver<Box<dyn Write>>) {
        while let Ok(first) = writes.recv() {
            self.commit(once(first).chain(writes.try_iter()));
        }
    }

    fn commit(&self, waiting: impl Iterator<Item = Box<dyn Write>>) {
        // A transaction that began by reading would fail where another process writes first.
        if let Err(error) = self.execute("BEGIN IMMEDIATE") {
            // All that came meanwhile, too: nobody waits twice. But none that comes once an answer is out.
            let waiting: Vec<_> = waiting.collect();
            return answer_all(waiting, &Err(error));
        }
        let mut written = Vec::new();
        let mut ended = Ok(());
        for mut write in waiting.take(MAX_WRITES) {
            let told = write.run(self);
            written.push(write);
            // A statement that fails undoes itself alone, unless SQLite rolled all back: where the disk fails, say.
            if self.connection.is_autocommit() {
                ended = told;
                break;
            }
        }
        if !self.connection.is_autocommit() {
            ended = self.execute("COMMIT");
            if ended.is_err() && !self.connection.is_autocommit() {
                // If this fails too, so does the next `BEGIN`.
                let _ = self.execute("ROLLBACK");
            }
        }
        answer_all(written, &ended);
    }

    fn execute(&self, statement: &str) -> Result<(), SqliteError> {
        let execute = || self.connection.prepare_cached(statement)?.execute([]);
        when_unlocked(|| match execute() {
            Ok(_) => Ok(()),
            Err(error) => Err(self.database.failed(&error)),
        })
    }
}

fn answer_all(writes: Vec<Box<dyn Write>>, ended: &Result<(), SqliteError>) {
    for write in writes {
        write.answer(ended.clone());
    }
}

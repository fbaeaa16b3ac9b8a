use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::database::{BUSY_TIMEOUT, Database};
use super::error::{Problem, SqliteError};
use super::statements::Statements;

/// Connections that read. None of them ever waits for the one that writes.
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    /// As many as there are connections.
    permits: Arc<Semaphore>,
    pace: Pace,
    statements: Arc<Statements>,
    database: Arc<Database>,
}

impl Readers {
    pub(super) fn new(
        connections: Vec<Connection>,
        statements: Arc<Statements>,
        database: Arc<Database>,
    ) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(connections.len())),
            idle: Mutex::new(connections),
            pace: Pace::default(),
            statements,
            database,
        }
    }

    /// Reads a few pages: on this thread, or, while those are not in memory, on one that may wait for the disk.
    pub(super) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Fn(&Connection, &Statements) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SqliteError> {
        if self.pace.is_quick()
            && let Ok(_permit) = self.permits.try_acquire()
        {
            let begun = Instant::now();
            let read = self.read_here(Duration::ZERO, &work);
            self.pace.note(begun.elapsed());
            // In WAL mode no reader waits, but for another program that recovers the log or locks the whole file.
            if !matches!(&read, Err(error) if error.is_busy()) {
                return read;
            }
        }
        self.read_many(work).await
    }

    /// Reads any number of pages, on a thread that may wait for the disk.
    pub(super) async fn read_many<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Fn(&Connection, &Statements) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SqliteError> {
        let ended = |_| self.database.error(Problem::Ended);
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| self.database.error(Problem::Ended))?;
        let Ok(runtime) = Handle::try_current() else {
            return self.read_here(BUSY_TIMEOUT, &work);
        };
        let readers = Arc::clone(self);
        let read = runtime.spawn_blocking(move || {
            let read = readers.read_here(BUSY_TIMEOUT, &work);
            drop(permit);
            read
        });
        // It ends unanswered with its runtime.
        read.await.map_err(ended)?
    }

    /// Whoever calls this holds a permit.
    fn read_here<T>(
        &self,
        busy_timeout: Duration,
        work: &impl Fn(&Connection, &Statements) -> rusqlite::Result<T>,
    ) -> Result<T, SqliteError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = idle().pop();
        let connection = connection.ok_or_else(|| self.database.error(Problem::Ended))?;
        let read = connection
            .busy_timeout(busy_timeout)
            .and_then(|()| work(&connection, &self.statements));
        idle().push(connection);
        read.map_err(|error| self.database.failed(&error))
    }
}

/// Whether reads find their pages in memory, told by how long the last one took.
///
/// One that waits for the disk holds up whatever else its thread would do. So after a slow one, the next 16 reads go
/// elsewhere, and twice as many each time that the one after those is slow again, up to 4,096.
#[derive(Default)]
struct Pace {
    pause: AtomicU32,
    left: AtomicU32,
}

impl Pace {
    /// Some hundred times what a read of memory takes.
    const SLOW: Duration = Duration::from_millis(1);

    fn is_quick(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        let passed = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        passed.is_err()
    }

    fn note(&self, took: Duration) {
        if took < Self::SLOW {
            // Read first: a write would take the line from other processors.
            if self.pause.load(Ordering::Relaxed) != 0 {
                self.pause.store(0, Ordering::Relaxed);
            }
            return;
        }
        let pause = self.pause.load(Ordering::Relaxed);
        let pause = pause.saturating_mul(2).clamp(16, 4_096);
        self.pause.store(pause, Ordering::Relaxed);
        self.left.store(pause, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many reads go elsewhere before one may run where it is asked for.
    fn elsewhere(pace: &Pace) -> usize {
        std::iter::repeat_with(|| pace.is_quick())
            .take_while(|quick| !quick)
            .count()
    }

    #[test]
    fn the_longer_reads_are_slow_the_fewer_run_where_they_are_asked_for() {
        let pace = Pace::default();
        assert_eq!(elsewhere(&pace), 0);
        for pause in [16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 4_096] {
            pace.note(Pace::SLOW);
            assert_eq!(elsewhere(&pace), pause);
        }
        pace.note(Duration::from_micros(900));
        assert_eq!(elsewhere(&pace), 0);
        pace.note(Pace::SLOW);
        assert_eq!(elsewhere(&pace), 16, "a quick one ends it");
    }
}

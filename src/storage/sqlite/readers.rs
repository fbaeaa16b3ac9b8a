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
    /// For reads on the thread that asks.
    here: Connections,
    /// For reads on threads that may wait for the disk. Its own, so that those who wait for one hold up nobody here.
    elsewhere: Connections,
    /// As many as there are connections elsewhere.
    permits: Arc<Semaphore>,
    pace: Pace,
    statements: Arc<Statements>,
    database: Arc<Database>,
}

/// Connections that nobody reads by.
type Connections = Mutex<Vec<Connection>>;

impl Readers {
    pub(super) fn new(
        here: Vec<Connection>,
        elsewhere: Vec<Connection>,
        statements: Arc<Statements>,
        database: Arc<Database>,
    ) -> Self {
        Self {
            here: Mutex::new(here),
            permits: Arc::new(Semaphore::new(elsewhere.len())),
            elsewhere: Mutex::new(elsewhere),
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
        if self.pace.is_quick() {
            let begun = Instant::now();
            let read = self.read_by(&self.here, Duration::ZERO, &work);
            self.pace.note(begun.elapsed());
            match read {
                // In WAL mode no reader waits, but for a program that recovers the log or locks the whole file.
                Some(Err(error)) if error.is_busy() => {}
                Some(read) => return read,
                None => {}
            }
        }
        self.read_many(work).await
    }

    /// Reads any number of pages, on a thread that may wait for the disk.
    pub(super) async fn read_many<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Fn(&Connection, &Statements) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SqliteError> {
        let ended = || self.database.error(Problem::Ended);
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| ended())?;
        let readers = Arc::clone(self);
        let read = move || {
            let read = readers.read_by(&readers.elsewhere, BUSY_TIMEOUT, &work);
            drop(permit);
            read
        };
        let read = match Handle::try_current() {
            // It ends unanswered with its runtime.
            Ok(runtime) => runtime.spawn_blocking(read).await.map_err(|_| ended())?,
            Err(_) => read(),
        };
        read.ok_or_else(ended)?
    }

    /// Reads by one of these connections, if any is idle.
    fn read_by<T>(
        &self,
        connections: &Connections,
        busy_timeout: Duration,
        work: &impl Fn(&Connection, &Statements) -> rusqlite::Result<T>,
    ) -> Option<Result<T, SqliteError>> {
        let idle = || connections.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = idle().pop()?;
        let read = connection
            .busy_timeout(busy_timeout)
            .and_then(|()| work(&connection, &self.statements));
        idle().push(connection);
        Some(read.map_err(|error| self.database.failed(&error)))
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

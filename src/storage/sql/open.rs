use std::time::{Duration, Instant};

use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

/// How long a statement waits for another process that writes.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an attempt to open a file that others open too waits for the next one.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// Opens a file, over one connection.
pub(super) async fn open(options: SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    let pool = PoolOptions::new()
        .max_connections(1)
        // A database in memory is gone when its connection closes.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false);
    // Of several processes that open a new file at once, one was seen to be told that it is locked, on a busy machine.
    let begun = Instant::now();
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(error) if is_busy(&error) && begun.elapsed() < BUSY_TIMEOUT => {
                tokio::time::sleep(BUSY_PAUSE).await;
            }
            opened => return opened,
        }
    }
}

/// Whether another process holds the file's lock: SQLite's result code 5, of which extended ones have more bits.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<i32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Row};

use super::error::Failure;
use super::owned::touch_nothing;
use super::statements::quoted;
use super::storage::Inner;
use crate::storage::TableName;

/// More steps than any table needs, also where others take some of them meanwhile.
const MAX_STEPS: usize = 16;

/// Finds out whether sessions can be kept: the table is there, up to date, readable and writable.
///
/// Preparing a statement looks up its table, its columns and the privileges that it needs, and changes nothing. Only a
/// server that takes no writes has to be asked for one: for a touch of no row.
pub(super) async fn check(inner: &Inner) -> Result<(), Failure> {
    let Inner {
        connections,
        statements,
    } = inner;
    let prepared = async {
        let (_, mut conn) = connections.acquire().await?;
        for sql in statements.all() {
            conn.prep(&**sql).await?;
        }
        Ok(())
    };
    let prepared: Result<(), Error> = prepared.await;
    prepared.map_err(|error| connections.failure(&error))?;
    touch_nothing(inner).await
}

/// Creates the table, or brings one of an earlier version up to date.
///
/// Each step is one statement, which the server does as a whole or not at all, and the table shows which is the next.
/// So a process that ends in between leaves nothing half done, and of several at once one takes each step, and the
/// others find it taken.
pub(super) async fn migrate(inner: &Inner) -> Result<(), Failure> {
    let connections = &inner.connections;
    let steps = async {
        let (_, mut conn) = connections.acquire().await?;
        // Another process's step may take long, and is waited for.
        conn.query_drop("SET SESSION lock_wait_timeout = DEFAULT")
            .await?;
        let taken = take_steps(&mut conn, connections.place.table()).await;
        let _ = conn.disconnect().await;
        taken
    };
    steps.await.map_err(|error| connections.failure(&error))
}

async fn take_steps(conn: &mut Conn, table: &TableName) -> Result<(), Error> {
    let mut taken = 0;
    loop {
        let Some(step) = next_step(conn, table).await? else {
            return Ok(());
        };
        taken += 1;
        match conn.query_drop(step).await {
            Err(error) if taken < MAX_STEPS && was_taken_by_another(&error) => {}
            done if taken < MAX_STEPS => done?,
            done => return done,
        }
    }
}

/// Whether what a step makes is there already, or what it needs is gone: the table, a column, an index; or it was
/// rolled back, for another's step.
fn was_taken_by_another(error: &Error) -> bool {
    matches!(error, Error::Server(error) if matches!(error.code, 1050 | 1054 | 1060 | 1061 | 1091 | 1213))
}

/// The next step towards the table as it should be.
async fn next_step(conn: &mut Conn, table: &TableName) -> Result<Option<String>, Error> {
    let name = quoted(table);
    let columns = conn.query::<Row, _>(format!("SHOW COLUMNS FROM {name}"));
    let columns = match columns.await {
        Err(Error::Server(error)) if error.code == 1146 => return Ok(Some(schema(table))),
        columns => columns?,
    };
    let text = |row: &Row, column| row.get::<String, _>(column).unwrap_or_default();
    let kind = |column| {
        let row = columns.iter().find(|row| text(row, "Field") == column);
        row.map(|row| text(row, "Extra"))
    };
    Ok(match (kind("last_seen"), kind("last_seen_micros")) {
        // The first layout had times as DATETIME, which does not reach all that a timestamp can be. For a moment they
        // are there twice, kept together by the server, so that no write gets lost.
        (Some(_), None) => Some(format!(
            "ALTER TABLE {name} ADD COLUMN last_seen_micros BIGINT AS ({}) STORED, \
             ADD COLUMN expires_at_micros BIGINT AS ({}) STORED",
            micros("last_seen"),
            micros("expires_at"),
        )),
        (Some(_), Some(extra)) if extra.contains("GENERATED") || extra.contains("PERSISTENT") => {
            Some(format!(
                "ALTER TABLE {name} MODIFY last_seen_micros BIGINT NOT NULL, MODIFY expires_at_micros BIGINT NOT NULL, \
                 MODIFY record LONGBLOB NOT NULL, ADD INDEX expires_at_micros (expires_at_micros)"
            ))
        }
        (Some(_), Some(_)) => Some(format!(
            "ALTER TABLE {name} DROP COLUMN last_seen, DROP COLUMN expires_at"
        )),
        (None, _) => None,
    })
}

fn micros(column: &str) -> String {
    format!("TIMESTAMPDIFF(MICROSECOND, TIMESTAMP'1970-01-01 00:00:00', {column})")
}

pub(super) fn schema(table: &TableName) -> String {
    let name = quoted(table);
    // The index holds the beginnings of owners only, so that they may have any length.
    format!(
        "CREATE TABLE IF NOT EXISTS {name} (\
         id BINARY(16) NOT NULL PRIMARY KEY, \
         version BIGINT NOT NULL, \
         last_seen_micros BIGINT NOT NULL, \
         expires_at_micros BIGINT NOT NULL, \
         owner LONGBLOB, \
         record LONGBLOB NOT NULL, \
         INDEX expires_at_micros (expires_at_micros), \
         INDEX owner (owner(64))\
         ) ENGINE = InnoDB"
    )
}

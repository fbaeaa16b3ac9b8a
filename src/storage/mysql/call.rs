use std::sync::Arc;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Row, Value};

use super::error::{is_of_the_connection, was_rolled_back};

/// How often a call is made again that the server rolled back for the sake of another.
const MAX_RETRIES: usize = 8;

/// What is asked of a server on one connection, and may be asked again where it certainly was not applied.
pub(super) trait Call: Send + Sync + 'static {
    type Reply: Send + 'static;

    fn make(&self, conn: &mut Conn) -> impl Future<Output = Result<Self::Reply, Error>> + Send;
}

/// A statement that each connection prepares once.
pub(super) struct Prepared {
    pub(super) sql: Arc<str>,
    pub(super) values: Vec<Value>,
}

/// What a statement came to.
pub(super) struct Reply {
    pub(super) rows: Vec<Row>,
    /// How many rows it found that it was to change.
    pub(super) affected: u64,
}

impl Call for Prepared {
    type Reply = Reply;

    async fn make(&self, conn: &mut Conn) -> Result<Reply, Error> {
        let rows = conn.exec(&*self.sql, self.values.clone()).await?;
        let affected = conn.affected_rows();
        Ok(Reply { rows, affected })
    }
}

/// A statement by a text that is not used again and carries its values; how many rows it found that it was to change.
pub(super) struct Text(pub(super) String);

impl Call for Text {
    type Reply = u64;

    async fn make(&self, conn: &mut Conn) -> Result<u64, Error> {
        conn.query_drop(&self.0).await?;
        Ok(conn.affected_rows())
    }
}

/// Makes a call on a connection, which then goes back, unless it is of no more use.
pub(super) async fn make<C: Call>(mut conn: Conn, call: Arc<C>) -> Result<C::Reply, Error> {
    let mut retries = 0;
    loop {
        match call.make(&mut conn).await {
            Err(error) if retries < MAX_RETRIES && was_rolled_back(&error) => retries += 1,
            Err(error) if is_of_the_connection(&error) => {
                let _ = conn.disconnect().await;
                return Err(error);
            }
            reply => return reply,
        }
    }
}

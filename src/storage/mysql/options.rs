use std::collections::HashMap;
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Opts, OptsBuilder, PoolConstraints, UrlError};

use super::error::Failure;

/// How often the network asks for an idle connection whether its server is still there, so that no router forgets it.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// What a connection begins with, so that nothing depends on what the server, its `init_connect` or the application
/// have set for other uses of theirs.
const SETUP: [&str; 3] = [
    // Bytes in, bytes out. Each write commits. A `COMMIT` begins no transaction. Values that do not fit are errors, and
    // quotes mean what the standard says. No list is cut short.
    "SET NAMES binary, autocommit = 1, completion_type = 0, sql_mode = 'STRICT_ALL_TABLES', \
     sql_select_limit = 18446744073709551615",
    // At READ UNCOMMITTED a load could show what is then undone; with READ COMMITTED no write is possible where
    // binlog_format is STATEMENT.
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE",
    // Seconds: less than a call goes on that was given up, so that it keeps its connection. The server would keep one
    // that is closed while it waits for a lock, and more with each call.
    "SET SESSION lock_wait_timeout = 3, innodb_lock_wait_timeout = 3",
];

/// At a node of a Galera cluster each statement waits for what was answered by another node before. Otherwise a load
/// could show what has ended, and a write could miss the row that it is to change or delete.
const WAIT_FOR_THE_CLUSTER: &str = "SET SESSION wsrep_sync_wait = @@SESSION.wsrep_sync_wait | 7";

/// Reads a URL. `charset` and `collation`, which other drivers know, are left out: no text is ever converted.
pub(super) fn read(url: &str) -> Result<Opts, Failure> {
    if shows_password(url) {
        return Err(Failure::of_url(&UrlError::Invalid));
    }
    let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
    let is_of_texts = |parameter: &&str| {
        let name = parameter.split('=').next().unwrap_or_default();
        matches!(name, "charset" | "collation" | "")
    };
    let parameters: Vec<_> = parameters.split('&').filter(|p| !is_of_texts(p)).collect();
    let url = match &parameters[..] {
        [] => address.to_owned(),
        parameters => format!("{address}?{}", parameters.join("&")),
    };
    Opts::from_url(&url).map_err(|error| Failure::of_url(&error))
}

/// Whether a password that has `/`, `?` or `#` in it as they are makes the rest of it a database or a parameter, which
/// errors name.
fn shows_password(url: &str) -> bool {
    let (_, address) = url.split_once("://").unwrap_or_default();
    let (_, rest) = address.split_once(['/', '?', '#']).unwrap_or_default();
    rest.contains('@')
}

/// The options of the application, and what the storage needs on top of them.
pub(super) fn complete(options: Opts, connections: PoolConstraints) -> Opts {
    let pool = options.pool_opts().clone();
    let pool = pool
        .with_constraints(connections)
        // Nothing of a call outlives it, so there is nothing that a round trip more would reset.
        .with_reset_connection(false);
    let keepalive = options.tcp_keepalive().unwrap_or(KEEPALIVE);
    // The last of them is sent first.
    let setup = SETUP.iter().rev().map(ToString::to_string);
    let setup = setup.chain(options.setup().iter().cloned()).collect();
    OptsBuilder::from_opts(options)
        .setup::<String>(setup)
        .pool_opts(pool)
        // An update counts the rows that it found, also those that it left as they were.
        .client_found_rows(true)
        .stmt_cache_size(32)
        .tcp_keepalive(Some(keepalive))
        // Otherwise the driver goes on over the path that the server names, which on this machine may be another's.
        .prefer_socket(false)
        .into()
}

/// What a server is, as far as connections to it depend on that.
pub(super) struct Server {
    pub(super) options: Opts,
    pub(super) is_read_only: bool,
}

/// Asks such a server as is there now: whether it may be a node of a Galera cluster, and takes no writes.
pub(super) async fn ask_server(options: &Opts) -> Result<Server, Error> {
    let mut conn = Conn::new(options.clone()).await?;
    let variables = "SHOW VARIABLES WHERE variable_name IN ('read_only', 'wsrep_sync_wait')";
    let variables = conn
        .query::<(Option<String>, Option<String>), _>(variables)
        .await?;
    let known = |(name, value): (Option<String>, _)| Some((name?, value?));
    let variables: HashMap<String, String> = variables.into_iter().filter_map(known).collect();
    let _ = conn.disconnect().await;
    let is_read_only = variables
        .get("read_only")
        .is_some_and(|value| value != "OFF");
    let mut options = options.clone();
    if variables.contains_key("wsrep_sync_wait") {
        // The last is sent first: the application's own may set it otherwise.
        let mut setup = options.setup().to_vec();
        setup.push(WAIT_FOR_THE_CLUSTER.to_owned());
        options = OptsBuilder::from_opts(options).setup(setup).into();
    }
    Ok(Server {
        options,
        is_read_only,
    })
}

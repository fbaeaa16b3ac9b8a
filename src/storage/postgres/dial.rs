use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_postgres::config::Host;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, Error, SimpleQueryMessage, Socket};

use super::connection::{Connection, Primary};
use super::error::{Failure, Kind, Place};
use super::retirement::Retirement;

/// How long a server may take to accept a connection, unless the URL says it by `connect_timeout`.
const DIAL_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a statement waits for what others have locked, before it goes to the end of the queue. All that is asked
/// after it on its connection waits with it; and a server does not notice that a call was given up, so without a limit
/// each one more would wait there as long as the lock is held.
const LOCK_TIMEOUT: &str = "500ms";
/// A setting of no meaning to the server, which a session of its own has as it was asked for.
const MARK: &str = "bare_sessions.connection";

/// Connects a client, and answers with it and with what drives it.
pub(super) type Open = dyn Fn(Config) -> BoxFuture<'static, Result<(Client, BoxFuture<'static, ()>), Error>>
    + Send
    + Sync;

pub(super) fn open<T>(tls: T) -> Arc<Open>
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::TlsConnect: Send,
    T::Stream: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    Arc::new(move |config| {
        let tls = tls.clone();
        async move {
            let (client, connection) = config.connect(tls).await?;
            // Whoever waits for an answer is told when it breaks.
            Ok((client, connection.map(drop).boxed()))
        }
        .boxed()
    })
}

/// Makes connections to whichever server takes writes.
#[derive(Clone)]
pub(super) struct Dialer {
    hosts: Arc<[Config]>,
    open: Arc<Open>,
    primary: Primary,
    retired: Arc<Semaphore>,
    pub(super) place: Arc<Place>,
}

impl Dialer {
    /// For so many connections at most, and as many that are retired.
    pub(super) fn new(config: &Config, open: Arc<Open>, most: usize, place: Place) -> Self {
        Self {
            hosts: hosts(config).into(),
            open,
            primary: Primary::new(),
            retired: Arc::new(Semaphore::new(most)),
            place: Arc::new(place),
        }
    }

    /// Asks all servers at once, so that one that hangs keeps nobody waiting; the first that takes writes is the one.
    pub(super) fn dial(&self) -> BoxFuture<'static, Result<Arc<Connection>, Failure>> {
        let primary = self.primary.latest();
        let dialer = Self {
            primary,
            ..self.clone()
        };
        async move {
            let attempts = dialer.hosts.iter().map(|host| dialer.within(host));
            let mut attempts: FuturesUnordered<_> = attempts.collect();
            let mut failure = Failure::new(Kind::Broken, &dialer.place);
            while let Some(attempt) = attempts.next().await {
                match attempt {
                    Ok(connection) => return Ok(connection),
                    Err(_) if failure.is_answer() => {}
                    Err(error) => failure = error,
                }
            }
            Err(failure)
        }
        .boxed()
    }

    async fn within(&self, host: &Config) -> Result<Arc<Connection>, Failure> {
        let limit = host.get_connect_timeout().copied().unwrap_or(DIAL_TIMEOUT);
        match timeout(limit, self.connect(host)).await {
            Ok(connection) => connection.map_err(|error| Failure::of_dialling(&error, &self.place)),
            Err(_) => {
                let reason = format!("no answer within {limit:?}");
                Err(Failure::new(Kind::Unreachable(reason.into()), &self.place))
            }
        }
    }

    /// A connection that prepares statements, where the session at the server is its own.
    ///
    /// Behind a pooler each call may run in another session, where a statement is unknown, or another process has
    /// prepared a different one under its name. So a mark is asked for, and looked up: a pooler refuses it or ignores
    /// it.
    async fn connect(&self, host: &Config) -> Result<Arc<Connection>, Error> {
        let mark = format!("{:x}", RandomState::new().hash_one(()));
        let options = host.get_options().unwrap_or_default();
        let mut marked = host.clone();
        marked.options(format!(
            "-c lock_timeout={LOCK_TIMEOUT} {options} -c {MARK}={mark}"
        ));
        let (client, driver) = match (self.open)(marked).await {
            Err(error) if is_about_settings(&error) => (self.open)(host.clone()).await?,
            opened => opened?,
        };
        let retirement = Retirement::new(&self.retired);
        let retired = retirement.clone();
        tokio::spawn(async move {
            // It ends when the server has answered all.
            driver.await;
            drop(retired);
        });
        let found = format!("SELECT current_setting('{MARK}', true)");
        let found = client.simple_query(&found).await?;
        let may_prepare = found.iter().any(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0) == Some(&mark),
            _ => false,
        });
        let primary = self.primary.clone();
        Ok(Connection::new(client, may_prepare, primary, retirement))
    }
}

/// Whether it may be the settings that a connection was refused for: what a pooler does not know is a violation of the
/// protocol (08P01), and of the names and values of settings there are some in the classes 22 and 42.
fn is_about_settings(error: &Error) -> bool {
    let code = error.code().map(|code| code.code());
    code.is_some_and(|code| ["08", "0A", "22", "42"].contains(&&code[..2]))
}

/// The same configuration for each host by itself.
fn hosts(config: &Config) -> Vec<Config> {
    let (names, addresses) = (config.get_hosts(), config.get_hostaddrs());
    let ports = config.get_ports();
    let count = names.len().max(addresses.len());
    if count < 2 {
        return vec![config.clone()];
    }
    let host = |at| {
        let mut host = common(config);
        match names.get(at) {
            Some(Host::Tcp(name)) => _ = host.host(name),
            #[cfg(unix)]
            Some(Host::Unix(path)) => _ = host.host_path(path),
            None => {}
        }
        if let Some(address) = addresses.get(at) {
            host.hostaddr(*address);
        }
        if let Some(port) = ports.get(at).or(ports.first()) {
            host.port(*port);
        }
        host
    };
    (0..count).map(host).collect()
}

/// All of a configuration but its hosts and ports.
fn common(from: &Config) -> Config {
    let mut config = Config::new();
    config
        .ssl_mode(from.get_ssl_mode())
        .ssl_negotiation(from.get_ssl_negotiation())
        .keepalives(from.get_keepalives())
        .keepalives_idle(from.get_keepalives_idle())
        .target_session_attrs(from.get_target_session_attrs())
        .channel_binding(from.get_channel_binding())
        .load_balance_hosts(from.get_load_balance_hosts());
    if let Some(user) = from.get_user() {
        config.user(user);
    }
    if let Some(password) = from.get_password() {
        config.password(password);
    }
    if let Some(database) = from.get_dbname() {
        config.dbname(database);
    }
    if let Some(options) = from.get_options() {
        config.options(options);
    }
    if let Some(name) = from.get_application_name() {
        config.application_name(name);
    }
    if let Some(limit) = from.get_connect_timeout() {
        config.connect_timeout(*limit);
    }
    if let Some(limit) = from.get_tcp_user_timeout() {
        config.tcp_user_timeout(*limit);
    }
    if let Some(interval) = from.get_keepalives_interval() {
        config.keepalives_interval(interval);
    }
    if let Some(retries) = from.get_keepalives_retries() {
        config.keepalives_retries(retries);
    }
    config
}

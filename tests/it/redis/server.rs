use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use axum_bare_session::RedisSessionStorage;
use redis::{Client, Connection};

use crate::support::limit_files;

/// Starts a server, hands signals on to it, and ends it when the test's process has ended, however it did.
const KEEPER: &str = r#"
trap "" INT TERM XFSZ
"$@" >log 2>&1 </dev/null &
while read -r signal; do
  if [ "$signal" = KILL ]; then kill -KILL $!; wait; exit; fi
  kill -"$signal" $!
  echo
done
kill -KILL $! 2>/dev/null
wait
rm -rf "$PWD"
"#;

/// A private Redis on a free port of 127.0.0.1, which ends with its owner.
pub(crate) struct Server {
    pub(super) port: u16,
    folder: PathBuf,
    options: Vec<String>,
    keeper: Child,
}

static SHARED: LazyLock<Server> = LazyLock::new(|| Server::start(&[]));

/// The server of all tests that need none of their own.
pub(super) fn shared() -> &'static Server {
    &SHARED
}

impl Server {
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::start_at(free_port(), options)
    }

    pub(super) fn start_at(port: u16, options: &[&str]) -> Self {
        Self::start_in(folder(port), port, &[&["--save", ""], options].concat())
    }

    /// A Sentinel that watches the master on that port by the name `main`, and takes it for dead after so many
    /// milliseconds.
    pub(super) fn start_sentinel(master: u16, patience: u32) -> Self {
        let port = free_port();
        let folder = folder(port);
        let config = format!(
            "sentinel monitor main 127.0.0.1 {master} 2\n\
             sentinel down-after-milliseconds main {patience}\n\
             sentinel failover-timeout main 3000\n"
        );
        std::fs::write(folder.join("sentinel.conf"), config).unwrap();
        Self::start_in(folder, port, &["sentinel.conf", "--sentinel"])
    }

    fn start_in(folder: PathBuf, port: u16, options: &[&str]) -> Self {
        let options: Vec<_> = options.iter().map(|option| (*option).to_owned()).collect();
        let keeper = keep(port, &folder, &options);
        let server = Self {
            port,
            folder,
            options,
            keeper,
        };
        server.wait_until_it_answers();
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) async fn storage(&self) -> RedisSessionStorage {
        RedisSessionStorage::connect(&self.url()).await.unwrap()
    }

    /// A connection of the test's own.
    pub(super) fn client(&self) -> Connection {
        let client = Client::open(self.url()).unwrap();
        answered(|| client.get_connection())
    }

    /// Kills the server at once (SIGKILL), and returns when it has ended. Its files stay.
    pub(super) fn kill(&mut self) {
        self.signal("KILL");
        self.keeper.wait().unwrap();
    }

    /// Starts the server again, with its files.
    pub(super) fn restart(&mut self) {
        self.keeper = keep(self.port, &self.folder, &self.options);
        self.wait_until_it_answers();
    }

    pub(super) fn pause(&mut self) {
        self.signal("STOP");
    }

    pub(super) fn resume(&mut self) {
        self.signal("CONT");
    }

    /// What `INFO` says of a subject.
    pub(super) fn info(&self, subject: &str) -> String {
        let mut info = redis::cmd("INFO");
        info.arg(subject);
        answered(|| info.query(&mut self.client()))
    }

    /// As if the disk had room for files of so many bytes and no more; `None`: as if there were room again.
    pub(super) fn limit_files(&self, bytes: Option<u64>) {
        let info = self.info("server");
        let id = info
            .lines()
            .find_map(|line| line.strip_prefix("process_id:"));
        limit_files(id.unwrap().parse().unwrap(), bytes);
    }

    fn signal(&mut self, signal: &str) {
        let stdin = self.keeper.stdin.as_mut().unwrap();
        writeln!(stdin, "{signal}").unwrap();
        let stdout = self.keeper.stdout.as_mut().unwrap();
        // The keeper says when it is done, or ends.
        let _ = stdout.read(&mut [0]).unwrap();
    }

    fn wait_until_it_answers(&self) {
        let begun = Instant::now();
        let client = Client::open(self.url()).unwrap();
        let answers = || {
            let mut connection = client.get_connection().ok()?;
            let reply = redis::cmd("PING").exec(&mut connection);
            // A server with a password answers too.
            reply.is_ok().then_some(())
        };
        while answers().is_none() {
            if self.options.iter().any(|option| option == "--requirepass")
                && std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
            {
                return;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "redis-server (Debian package redis-server) does not answer; its log: {}",
                std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// An empty folder for the server on that port.
fn folder(port: u16) -> PathBuf {
    let name = format!("axum-bare-session-{}-{port}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn keep(port: u16, folder: &PathBuf, options: &[String]) -> Child {
    Command::new("sh")
        .args(["-c", KEEPER, "keeper", "redis-server"])
        .args(options)
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        self.keeper.wait().ok();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// A port that is free, as is the one 10,000 above it, which a Cluster's node uses too.
pub(super) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() % 80) as u16 * 100;
    for _ in 0..8_000 {
        let port = 12_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 8_000;
        let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if is_free(port) && is_free(port + 10_000) {
            return port;
        }
    }
    panic!("no port is free");
}

/// Sentinels cut the connections of a server whose role they change: then it is asked again.
fn answered<T>(ask: impl Fn() -> redis::RedisResult<T>) -> T {
    let begun = Instant::now();
    loop {
        match ask() {
            Err(error) if begun.elapsed() > Duration::from_secs(10) => panic!("{error}"),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
            Ok(answer) => return answer,
        }
    }
}

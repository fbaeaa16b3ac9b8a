//! Four processes of one example over one PostgreSQL.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use axum_bare_session::PostgresSessionStorage;
use axum_bare_session::storage::SessionStorage;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::app::id;
use super::postgres::{PASSWORD, RECIPE, pool};
use super::server::Server;

/// A process that ends when it is dropped.
struct Example {
    process: Child,
    port: u16,
}

impl Example {
    fn start(server: &Server) -> Self {
        let url = format!(
            "postgres://app:{PASSWORD}@127.0.0.1:{}/postgres",
            server.port
        );
        let mut process = Command::new(built_example())
            .env("DATABASE_URL", url)
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let port = line.trim().rsplit(':').next().unwrap().parse().unwrap();
        Self { process, port }
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where Cargo puts the examples; a test of its own target alone has not built them.
fn built_example() -> PathBuf {
    let cargo = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--all-features",
            "--example",
            "postgres",
        ])
        .status();
    assert!(cargo.unwrap().success());
    let tests = std::env::current_exe().unwrap();
    let profile = tests.parent().and_then(|deps| deps.parent()).unwrap();
    profile.join("examples/postgres")
}

/// Sends a request on a connection of its own, and returns the answer.
async fn request(port: u16, line: &str, cookie: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let head = format!(
        "{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncookie: {cookie}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

/// A new session's cookie.
async fn visit(port: u16) -> String {
    let answer = request(port, "GET /", "none=1").await;
    let cookie = answer.lines().find_map(|l| l.strip_prefix("set-cookie: "));
    cookie.unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_lose_no_update_and_revive_no_session() {
    let server = Server::start(&RECIPE);
    let storage = PostgresSessionStorage::new(pool(&server).await);
    // All four create the table, at once.
    let examples: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| Example::start(&server)))
            .collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    let port = |request: usize| examples[request % 4].port;

    let cookie = visit(port(0)).await;
    join_all((0..100).map(|at| request(port(at), "GET /", &cookie))).await;
    let last = request(port(1), "GET /", &cookie).await;
    assert!(last.ends_with("visit 102"), "{last}");

    for _ in 0..20 {
        let cookie = visit(port(0)).await;
        let requests = (0..16).map(|at| {
            let line = if at == 8 { "POST /logout" } else { "GET /" };
            request(port(at), line, &cookie)
        });
        join_all(requests).await;
        let stored = storage.load(id(&cookie)).await.unwrap();
        assert_eq!(stored, None, "the session is back");
    }
}

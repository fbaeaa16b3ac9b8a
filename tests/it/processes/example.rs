use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use axum_bare_session::SessionId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::id_of;

/// A process of an example, which ends when it is dropped.
pub(super) struct Example {
    process: Child,
    pub(super) port: u16,
}

impl Example {
    /// So many processes at once, each with the variable that names the server.
    pub(super) fn start_many(count: usize, name: &str, url: (&str, &str)) -> Vec<Self> {
        let program = built(name);
        std::thread::scope(|scope| {
            let starts: Vec<_> = (0..count)
                .map(|_| scope.spawn(|| Self::start(&program, url)))
                .collect();
            let started = starts.into_iter().map(|start| start.join().unwrap());
            started.collect()
        })
    }

    fn start(program: &PathBuf, (variable, url): (&str, &str)) -> Self {
        let mut process = Command::new(program)
            .env(variable, url)
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
fn built(name: &str) -> PathBuf {
    let cargo = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--all-features", "--example", name])
        .status();
    assert!(cargo.unwrap().success());
    let tests = std::env::current_exe().unwrap();
    let profile = tests.parent().and_then(|deps| deps.parent()).unwrap();
    profile.join("examples").join(name)
}

/// Sends a request on a connection of its own, and returns the answer.
pub(super) async fn request(port: u16, line: &str, cookie: &str) -> String {
    let mut stream = send(port, line, cookie, "connection: close").await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let is_success = ["HTTP/1.1 200", "HTTP/1.1 303"].map(|it| answer.starts_with(it));
    assert!(is_success.contains(&true), "{answer}");
    answer
}

/// The connection on which a request was sent.
pub(super) async fn send(port: u16, line: &str, cookie: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let head =
        format!("{line} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\n{headers}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// A new session's cookie.
pub(super) async fn visit(port: u16) -> String {
    let answer = request(port, "GET /", "none=1").await;
    let cookie = answer.lines().find_map(|l| l.strip_prefix("set-cookie: "));
    cookie.unwrap().split(';').next().unwrap().to_owned()
}

/// The id that a cookie begins with.
pub(super) fn id(cookie: &str) -> SessionId {
    id_of(cookie.split_once('=').unwrap().1)
}

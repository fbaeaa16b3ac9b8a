use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use axum::Router;
use axum::serve::Listener;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::tls::TlsListener;

/// An application that is served on a free port, until it is dropped.
pub struct App {
    /// Such as `http://localhost:41234`: browsers take `localhost` for secure without TLS.
    origin: String,
    running: Running,
}

enum Running {
    Example(Child),
    Task(JoinHandle<()>),
}

impl App {
    /// Runs an example as a newcomer would, built from today's sources.
    pub fn example(name: &str) -> Self {
        let mut example = Command::new(build(name))
            .env("PORT", "0")
            // An example that could take another storage takes the one that needs no server.
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = example.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let app = Self {
            origin: line.trim_end().to_owned(),
            running: Running::Example(example),
        };
        assert!(app.origin.starts_with("http://localhost:"), "{line:?}");
        app
    }

    /// Serves a router of the test's own.
    pub async fn serve(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            origin: format!("http://localhost:{port}"),
            running: Running::Task(served),
        }
    }

    /// Serves a router of the test's own over TLS, and returns by what a browser knows its certificate.
    pub async fn serve_tls(router: Router) -> (Self, String) {
        let listener = TlsListener::bind(0).await.unwrap();
        let port = Listener::local_addr(&listener).unwrap().port();
        let fingerprint = listener.fingerprint.clone();
        let served = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let app = Self {
            origin: format!("https://localhost:{port}"),
            running: Running::Task(served),
        };
        (app, fingerprint)
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The same server under a host name that ends in `.localhost`, which browsers take for secure too.
    pub fn url_at(&self, host: &str, path: &str) -> String {
        let url = self.url(path);
        url.replacen("localhost", host, 1)
    }
}

impl Drop for App {
    fn drop(&mut self) {
        match &mut self.running {
            Running::Example(example) => {
                let _ = example.kill();
                let _ = example.wait();
            }
            Running::Task(served) => served.abort(),
        }
    }
}

/// Builds an example, and returns the path of its program.
fn build(name: &str) -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "axum-bare-session"])
        .args(["--example", name, "--message-format", "json"])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let messages = String::from_utf8(output.stdout).unwrap();
    let artifacts = messages
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let program = artifacts
        .filter(|artifact| artifact["target"]["name"] == name)
        .find_map(|artifact| Some(artifact["executable"].as_str()?.into()));
    program.unwrap_or_else(|| panic!("the example {name} does not build"))
}

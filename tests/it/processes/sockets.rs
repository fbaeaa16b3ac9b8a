//! A socket that waits in one process, for a session that another one ends.

use std::time::{Duration, Instant};

use axum_bare_session::Sessions;
use axum_bare_session::storage::SessionStorage;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::example::{Example, id, request, send, visit};

/// What `ended_within` is by default, which the example leaves.
const BOUND: Duration = Duration::from_secs(5);
/// What a busy machine may add.
const MARGIN: Duration = Duration::from_secs(3);

/// A WebSocket on which nobody says anything.
struct Socket(TcpStream);

impl Socket {
    async fn open(port: u16, cookie: &str) -> Self {
        let own = format!("http://localhost:{port}");
        let (head, stream) = Self::shake_hands(port, cookie, &own).await;
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        Self(stream)
    }

    /// The handshake of a page of that origin: the head of the answer, and the connection.
    async fn shake_hands(port: u16, cookie: &str, origin: &str) -> (String, TcpStream) {
        let headers = format!(
            "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\norigin: {origin}"
        );
        let mut stream = send(port, "GET /socket", cookie, &headers).await;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap().into());
        }
        (head, stream)
    }

    /// Waits until the server closes the socket as one whose session has ended.
    async fn ended(&mut self) {
        let mut frame = [0; 4];
        self.0.read_exact(&mut frame).await.unwrap();
        let [kind, _, code @ ..] = frame;
        assert_eq!(kind, 0x88, "a close frame");
        assert_eq!(u16::from_be_bytes(code), 1_000);
    }

    /// Whether the server answers a message.
    async fn is_open(&mut self) -> bool {
        // A text, `?`, under a mask of zeros, as browsers must have one.
        let asked = self.0.write_all(&[0x81, 0x81, 0, 0, 0, 0, b'?']).await;
        asked.is_ok() && self.0.read_u8().await.is_ok_and(|kind| kind == 0x81)
    }
}

async fn assert_ends_are_heard(url: (&str, &str), storage: impl SessionStorage + Clone) {
    let examples = Example::start_many(2, "sse", url);
    let [here, elsewhere] = [examples[0].port, examples[1].port];
    let sessions = Sessions::builder(storage).build().unwrap();
    let cookie = visit(elsewhere).await;
    let mut another = Socket::open(here, &cookie).await;
    for foreign in ["http://sister.localhost", "https://localhost", "null"] {
        let (head, _) = Socket::shake_hands(here, &cookie, foreign).await;
        assert!(head.starts_with("HTTP/1.1 403"), "{foreign}: {head}");
    }

    for way in ["log-out", "revocation"] {
        let cookie = visit(elsewhere).await;
        let mut socket = Socket::open(here, &cookie).await;
        // Longer than it takes to find an end, if there were one.
        let early = timeout(BOUND + Duration::from_secs(1), socket.ended()).await;
        assert!(early.is_err(), "{way}: nothing has ended");
        match way {
            "log-out" => drop(request(elsewhere, "POST /end", &cookie).await),
            _ => sessions.revoke(id(&cookie)).await.unwrap(),
        }
        let begun = Instant::now();
        let ended = timeout(BOUND + MARGIN, socket.ended()).await;
        assert!(ended.is_ok(), "{way}: not heard within {BOUND:?}");
        println!("{}: {way} heard after {:?}", url.0, begun.elapsed());
    }
    assert!(another.is_open().await, "its session goes on");
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn a_socket_hears_over_postgres_what_another_process_ends() {
    let server = crate::sql::PostgresServer::start();
    let storage = server.storage().await;
    assert_ends_are_heard(("DATABASE_URL", &server.url()), storage).await;
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread")]
async fn a_socket_hears_over_redis_what_another_process_ends() {
    let server = crate::redis::RedisServer::start(&[]);
    let storage = server.storage().await;
    assert_ends_are_heard(("REDIS_URL", &server.url()), storage).await;
}

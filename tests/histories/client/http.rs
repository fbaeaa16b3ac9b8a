use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::worker::Answer;

/// Longer than a process takes for a few calls of its storage.
const LIMIT: Duration = Duration::from_secs(10);

/// A client's connection to a process, which is made when it is needed.
#[derive(Debug)]
pub struct Connection {
    stream: Option<(u16, TcpStream)>,
    /// A request is given up after this time, and the connection closed.
    pub(super) patience: Duration,
}

impl Default for Connection {
    fn default() -> Self {
        let (stream, patience) = (None, LIMIT);
        Self { stream, patience }
    }
}

/// What came of a request.
#[derive(Debug)]
pub enum Reply {
    /// No process took it.
    NotSent,
    /// It was sent, and the answer is missing or an error.
    Unknown,
    Answered(Answer, Option<Cookie>),
}

/// What a response does to the cookie.
#[derive(Debug, PartialEq, Eq)]
pub enum Cookie {
    Set(String),
    Removed,
}

impl Connection {
    /// Sends a request without a body, and reads the answer.
    pub async fn send(&mut self, port: u16, line: &str, cookie: Option<&str>) -> Reply {
        if self.stream.as_ref().is_none_or(|(to, _)| *to != port) {
            self.stream = None;
            let Ok(stream) = TcpStream::connect(("127.0.0.1", port)).await else {
                return Reply::NotSent;
            };
            let _ = stream.set_nodelay(true);
            self.stream = Some((port, stream));
        }
        let Some((_, stream)) = &mut self.stream else {
            return Reply::NotSent;
        };
        let cookie = cookie.map_or(String::new(), |pair| format!("cookie: {pair}\r\n"));
        let head =
            format!("{line} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n{cookie}\r\n");
        let answered = async {
            stream.write_all(head.as_bytes()).await.ok()?;
            read(stream).await
        };
        match timeout(self.patience, answered).await {
            Ok(Some((200, answer, cookie))) => match serde_json::from_str(&answer) {
                Ok(answer) => Reply::Answered(answer, cookie),
                Err(error) => panic!("{line}: {error}: {answer}"),
            },
            Ok(Some((409 | 503, _, _))) => Reply::Unknown,
            Ok(Some((status, text, _))) => panic!("{line} is answered with {status}: {text}"),
            Ok(None) | Err(_) => {
                self.stream = None;
                Reply::Unknown
            }
        }
    }

    /// What a process has in its hands.
    pub async fn figures(&mut self, port: u16) -> Option<crate::worker::Figures> {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        let request = b"GET /figures HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await.ok()?;
        let (_, text, _) = timeout(LIMIT, read(&mut stream)).await.ok()??;
        serde_json::from_str(&text).ok()
    }
}

/// A response's status, body and what it does to the cookie.
async fn read(stream: &mut TcpStream) -> Option<(u16, String, Option<Cookie>)> {
    let mut received = Vec::new();
    let head = loop {
        let found = received.windows(4).position(|it| it == b"\r\n\r\n");
        if let Some(at) = found {
            break at + 4;
        }
        if stream.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    };
    let lines = String::from_utf8(received[..head].to_vec()).ok()?;
    let (mut length, mut cookie) = (0, None);
    for line in lines.lines().skip(1) {
        let Some((name, value)) = line.split_once(": ") else {
            continue;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().ok()?;
        } else if name.eq_ignore_ascii_case("set-cookie") {
            let pair = value.split(';').next()?;
            let is_removed = value.contains("Max-Age=0");
            cookie = Some(match is_removed {
                true => Cookie::Removed,
                false => Cookie::Set(pair.to_owned()),
            });
        }
    }
    while received.len() < head + length {
        if stream.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    }
    let status = lines.split(' ').nth(1)?.parse().ok()?;
    let body = String::from_utf8(received[head..].to_vec()).ok()?;
    Some((status, body, cookie))
}

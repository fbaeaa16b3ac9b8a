//! Single requests of one visitor, one after the other.

use std::io::{self, Read, Write};
use std::net::TcpStream;

/// Sends one request, and returns the `name=value` of each cookie that it sets.
pub fn visit(address: &str, path: &str, cookie: Option<&str>) -> io::Result<Vec<String>> {
    let mut stream = TcpStream::connect(address)?;
    let cookie = cookie.map_or(String::new(), |cookie| format!("Cookie: {cookie}\r\n"));
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\n{cookie}Connection: close\r\n\r\n"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    if !response.starts_with("HTTP/1.1 200") {
        let status = response.lines().next().unwrap_or("no answer");
        return Err(io::Error::other(format!("{path}: {status}")));
    }
    let lines = response
        .lines()
        .filter_map(|line| line.strip_prefix("set-cookie: "));
    let pairs = lines.filter_map(|line| line.split(';').next());
    // One with an empty value is deleted.
    let has_value = |pair: &&str| {
        pair.split_once('=')
            .is_some_and(|(_, value)| !value.is_empty())
    };
    Ok(pairs.filter(has_value).map(str::to_owned).collect())
}

/// The cookies of that many sessions that a route has filled; one that no variant knows where there are no sessions.
pub fn cookies(address: &str, fill: &str, count: usize) -> io::Result<Vec<String>> {
    let cookie = || {
        let set = visit(address, fill, None)?;
        Ok(if set.is_empty() {
            format!("id={}", "A".repeat(64))
        } else {
            set.join("; ")
        })
    };
    (0..count).map(|_| cookie()).collect()
}

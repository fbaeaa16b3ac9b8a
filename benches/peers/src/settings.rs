//! How long a measurement takes: its defaults are for figures to keep, less is enough to see that it works.

use std::env;
use std::time::Duration;

/// The rounds of a measurement: `PEERS_ROUNDS`, or else `default`.
pub fn rounds(default: usize) -> usize {
    number("PEERS_ROUNDS").unwrap_or(default).max(1)
}

/// The seconds of one load: `PEERS_SECONDS`, or else `default`.
pub fn seconds(default: usize) -> usize {
    number("PEERS_SECONDS").unwrap_or(default).max(1)
}

/// Divides the large numbers of sessions: `PEERS_DIVISOR`, or else 1.
pub fn sessions(count: usize) -> usize {
    (count / number("PEERS_DIVISOR").unwrap_or(1).max(1)).max(1)
}

/// How long what passes between a variant and its database is on its way: `PEERS_DELAY` in microseconds, or else
/// `None`, as fast as the machine is.
pub fn delay() -> Option<Duration> {
    let micros = number("PEERS_DELAY").filter(|micros| *micros > 0)?;
    Some(Duration::from_micros(micros as u64))
}

fn number(name: &str) -> Option<usize> {
    env::var(name).ok()?.parse().ok()
}

//! What so many sessions need on each engine: `cargo run --example scale`, and with other numbers than the guide's:
//!
//! ```sh
//! cargo run --example scale -- sessions=5000000 active=0.05 pause=10 changes=0.2 memory=64 disk=2000 operations=50000 copies=3
//! ```

use std::error::Error;
use std::fmt::Write;

/// What is assumed. Measure your own.
#[derive(Clone, Debug)]
struct Assumptions {
    sessions: Vec<f64>,
    /// The share of the sessions whose visitors are there at the busiest time.
    active: f64,
    /// Seconds from one request of such a visitor to the next.
    pause: f64,
    /// The share of the requests that change the session.
    changes: f64,
    /// Gigabytes of a node's memory and of its disk that sessions may fill.
    memory: f64,
    disk: f64,
    /// Calls that a node answers in a second.
    operations: f64,
    /// How often each session is kept, for the case that a node is lost.
    copies: f64,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            sessions: vec![1e6, 1e8, 1e9],
            active: 0.01,
            pause: 10.0,
            changes: 0.1,
            memory: 48.0,
            disk: 1_000.0,
            operations: 20_000.0,
            copies: 2.0,
        }
    }
}

/// Where an engine keeps what, and the bytes of a session of five small keys, measured by `examples/measure.rs` or, in
/// the process's memory, by `benches/peers`.
struct Engine {
    name: &'static str,
    bytes: f64,
    room: Room,
    is_shared: bool,
}

#[derive(PartialEq)]
enum Room {
    Memory,
    Disk,
}

const ENGINES: [Engine; 5] = [
    Engine {
        name: "memory",
        bytes: 456.0,
        room: Room::Memory,
        is_shared: false,
    },
    Engine {
        name: "Redis",
        bytes: 486.0,
        room: Room::Memory,
        is_shared: true,
    },
    Engine {
        name: "PostgreSQL",
        bytes: 404.0,
        room: Room::Disk,
        is_shared: true,
    },
    Engine {
        name: "MariaDB",
        bytes: 519.0,
        room: Room::Disk,
        is_shared: true,
    },
    Engine {
        name: "SQLite",
        bytes: 340.0,
        room: Room::Disk,
        is_shared: false,
    },
];

impl Assumptions {
    fn set(&mut self, argument: &str) -> Result<(), Box<dyn Error>> {
        let (name, value) = argument.split_once('=').ok_or("NAME=NUMBER is expected")?;
        let value: f64 = value.parse()?;
        *match name {
            "sessions" => {
                self.sessions = vec![value];
                return Ok(());
            }
            "active" => &mut self.active,
            "pause" => &mut self.pause,
            "changes" => &mut self.changes,
            "memory" => &mut self.memory,
            "disk" => &mut self.disk,
            "operations" => &mut self.operations,
            "copies" => &mut self.copies,
            _ => return Err(format!("there is no {name}").into()),
        } = value;
        Ok(())
    }

    /// Requests in a second that look at their session.
    fn requests(&self, sessions: f64) -> f64 {
        sessions * self.active / self.pause
    }

    /// A read is one call, a change two: the load and the save. (A touch comes once an interval, which is hundreds of
    /// requests.)
    fn calls(&self, sessions: f64) -> f64 {
        self.requests(sessions) * (1.0 + self.changes)
    }

    /// Nodes for one copy of all.
    fn nodes(&self, engine: &Engine, sessions: f64) -> f64 {
        let room = match engine.room {
            Room::Memory => self.memory,
            Room::Disk => self.disk,
        };
        let by_bytes = sessions * engine.bytes / (room * 1e9);
        let by_calls = self.calls(sessions) / self.operations;
        // In the process's own memory a call is no round trip.
        let by_calls = if engine.name == "memory" {
            0.0
        } else {
            by_calls
        };
        by_bytes.max(by_calls).ceil()
    }

    fn table(&self) -> String {
        let mut table = String::from(
            "| sessions | requests/s | calls/s | engine | bytes | nodes |\n|---:|---:|---:|---|---:|---:|\n",
        );
        for &sessions in &self.sessions {
            for engine in &ENGINES {
                let nodes = self.nodes(engine, sessions);
                let nodes = match (engine.is_shared, nodes) {
                    (false, 1.0) => "1".to_owned(),
                    (false, _) => "does not fit one".to_owned(),
                    (true, nodes) => format!("{} × {}", nodes, self.copies),
                };
                // To a string cannot fail.
                let _ = writeln!(
                    table,
                    "| {} | {} | {} | {} | {:.1} GB | {nodes} |",
                    thousands(sessions),
                    thousands(self.requests(sessions)),
                    thousands(self.calls(sessions)),
                    engine.name,
                    sessions * engine.bytes / 1e9,
                );
            }
        }
        table
    }
}

/// A number with a comma before every third digit.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut assumptions = Assumptions::default();
    for argument in std::env::args().skip(1) {
        assumptions.set(&argument)?;
    }
    print!("{}", assumptions.table());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_shows_this_table() {
        let guide = include_str!("../src/guide/scale.md");
        assert!(guide.contains(&Assumptions::default().table()));
    }
}

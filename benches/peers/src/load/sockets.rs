//! Requests a second and latencies over loopback, in memory.

use super::{Server, Wrk, cookies, print};
use crate::{Failure, harness, settings};

const ROUNDS: usize = 5;
const SECONDS: usize = 2;
const CONNECTIONS: usize = 64;
const SESSIONS: usize = 1_000;
const NAMES: [&str; 5] = ["bare", "limit", "ours", "tower_sessions", "axum_session"];

struct Lane {
    name: &'static str,
    server: Server,
    wrk: Wrk,
}

pub fn run() -> Result<(), Failure> {
    let lanes = NAMES.into_iter().map(Lane::new);
    let mut lanes = lanes.collect::<Result<Vec<_>, Failure>>()?;
    for (case, path) in [("reading", "/read/1"), ("counting", "/modify")] {
        let medians = harness::medians(settings::rounds(ROUNDS), &mut lanes, |lane| {
            let url = format!("http://{}{path}", lane.server.address);
            let load = lane.wrk.load(&url, CONNECTIONS, SECONDS)?;
            Ok::<_, Failure>(load.figures)
        })?;
        print(case, lanes.iter().map(|lane| lane.name), &medians);
    }
    println!("\nours is to reach 0.82 of bare axum where it reads");
    Ok(())
}

impl Lane {
    fn new(name: &'static str) -> Result<Self, Failure> {
        let server = Server::start(name, None)?;
        let wrk = Wrk::new(&cookies(&server.address, "/fill/5", SESSIONS)?)?;
        Ok(Self { name, server, wrk })
    }
}

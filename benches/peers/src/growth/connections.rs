//! Reads over more and more connections.

use crate::load::{Server, Wrk, cookies};
use crate::{Failure, harness, settings};

const ROUNDS: usize = 3;
const SECONDS: usize = 2;
const COUNTS: [usize; 4] = [1, 4, 16, 64];
const SESSIONS: usize = 1_000;

pub fn run() -> Result<(), Failure> {
    let mut lanes = Vec::new();
    for name in ["bare", "limit", "ours"] {
        let server = Server::start(name, None)?;
        let wrk = Wrk::new(&cookies(&server.address, "/fill/5", SESSIONS)?)?;
        lanes.push((server, wrk));
    }
    println!(
        "\n{:>12} {:>10} {:>10} {:>10} {:>10}   (requests a second)",
        "connections", "bare", "limit", "ours", "of bare"
    );
    for count in COUNTS {
        let medians = harness::medians(settings::rounds(ROUNDS), &mut lanes, |(server, wrk)| {
            let url = format!("http://{}/read/1", server.address);
            Ok::<_, Failure>(wrk.load(&url, count, SECONDS)?.figures)
        })?;
        let [bare, limit, ours] = [0, 1, 2].map(|lane| medians[lane][0]);
        println!(
            "{count:>12} {bare:10.0} {limit:10.0} {ours:10.0} {:10.2}",
            ours / bare
        );
    }
    Ok(())
}

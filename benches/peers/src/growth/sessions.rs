//! Reads a random one of more and more sessions.
//!
//! What does not fit into the processor's caches takes longer to read, for the limit as for any variant. Ours is to
//! take the same time beyond that.

use axum_bare_session::{MemorySessionStorage, Sessions};

use crate::harness::{self, Lane};
use crate::variants::{self, Variant};
use crate::{Failure, settings};

const ROUNDS: usize = 31;
const COUNTS: [usize; 5] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

pub fn run() -> Result<(), Failure> {
    let runtime = harness::runtime()?;
    let mut lanes = Vec::new();
    for name in ["bare", "limit"] {
        lanes.push(Lane::reading(runtime.block_on(Variant::new(name))?));
    }
    // By default the storage has room for a million.
    let storage = MemorySessionStorage::with_max_sessions(COUNTS[COUNTS.len() - 1]);
    let ours = variants::ours(Sessions::from(storage));
    lanes.push(Lane::reading(Variant::of_ours(ours)));
    println!(
        "\n{:>12} {:>10} {:>10} {:>22}   (ns over bare axum)",
        "sessions", "limit", "ours", "beyond cache misses"
    );
    let mut first = None;
    for count in COUNTS.map(settings::sessions) {
        for lane in &mut lanes {
            lane.fill(&runtime, count);
        }
        let medians = harness::medians(settings::rounds(ROUNDS), &mut lanes, |lane| {
            Ok::<_, Failure>([lane.time(&runtime)])
        })?;
        let [limit, ours] = [1, 2].map(|lane| medians[lane][0] - medians[0][0]);
        let (first_limit, first_ours) = *first.get_or_insert((limit, ours));
        let ratio = (ours - (limit - first_limit)) / first_ours;
        println!("{count:>12} {limit:10.0} {ours:10.0} {ratio:22.2}");
    }
    println!("ours is to stay at 1.20 at most up to a million");
    Ok(())
}

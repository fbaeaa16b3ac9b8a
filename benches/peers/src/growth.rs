//! How reading grows: with the number of sessions, and with the number of keys of one.

use axum::Router;
use axum::routing::get;
use axum_bare_session::{
    MemorySessionStorage, SessionData, SessionError, Sessions, add_session_middleware,
};

use crate::harness::{Lane, Rounds};
use crate::{Outcome, variants};

const SESSIONS: [usize; 5] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

pub fn run() -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    println!(
        "{:>10} sessions {:>8} {:>8}   (ns a request that reads a random one)",
        "", "limit", "ours"
    );
    let mut lanes = Vec::new();
    for name in ["limit", "ours"] {
        let variant = runtime.block_on(variants::named(name))?;
        lanes.push(Lane::reading(&runtime, &variant));
    }
    for count in SESSIONS {
        for lane in &mut lanes {
            lane.fill(&runtime, count);
        }
        let medians = Rounds::medians(&runtime, &mut lanes);
        println!("{count:>19} {:8.0} {:8.0}", medians[0], medians[1]);
    }
    println!(
        "\n{:>10} keys {:>8}   (ns a request that reads one of them)",
        "", "ours"
    );
    let mut lanes = vec![
        keys::<1>(&runtime),
        keys::<10>(&runtime),
        keys::<100>(&runtime),
        keys::<1000>(&runtime),
    ];
    for lane in &mut lanes {
        lane.fill(&runtime, 1);
    }
    let medians = Rounds::medians(&runtime, &mut lanes);
    for (count, median) in [1, 10, 100, 1000].into_iter().zip(medians) {
        println!("{count:>15} {median:8.0}");
    }
    Ok(())
}

fn keys<const COUNT: usize>(runtime: &tokio::runtime::Runtime) -> Lane {
    async fn fill<const COUNT: usize>(session: SessionData) -> Result<(), SessionError> {
        (0..COUNT).try_for_each(|index| session.insert(format!("key_{index}"), index))
    }
    async fn read(session: SessionData) -> Result<(), SessionError> {
        std::hint::black_box(session.get::<u64>("key_0")?);
        Ok(())
    }
    let router = Router::new()
        .route("/fill/5", get(fill::<COUNT>))
        .route("/read/1", get(read));
    let sessions = Sessions::from(MemorySessionStorage::new());
    let variant = variants::of_ours(add_session_middleware(router, sessions));
    Lane::reading(runtime, &variant)
}

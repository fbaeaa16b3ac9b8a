//! Reads one of more and more keys of a session.

use axum::Router;
use axum::routing::get;
use axum_bare_session::{
    MemorySessionStorage, SessionData, SessionError, Sessions, add_session_middleware,
};

use crate::harness::{self, Lane};
use crate::variants::Variant;
use crate::{Failure, settings};

const ROUNDS: usize = 31;
/// The one that the others are compared with.
const FEW: usize = 5;

pub fn run() -> Result<(), Failure> {
    let runtime = harness::runtime()?;
    let counts = [1, FEW, 10, 100, 1_000];
    let mut lanes = vec![
        lane::<1>(),
        lane::<FEW>(),
        lane::<10>(),
        lane::<100>(),
        lane::<1_000>(),
        Lane::reading(runtime.block_on(Variant::new("bare"))?),
    ];
    for lane in &mut lanes {
        lane.fill(&runtime, 1);
    }
    let medians = harness::medians(settings::rounds(ROUNDS), &mut lanes, |lane| {
        Ok::<_, Failure>([lane.time(&runtime)])
    })?;
    let bare = medians[counts.len()][0];
    let over: Vec<f64> = medians
        .iter()
        .map(|[nanoseconds]| nanoseconds - bare)
        .collect();
    println!(
        "\n{:>12} {:>10} {:>10}   (ns over bare axum)",
        "keys", "ours", "of 5 keys'"
    );
    for (count, over_bare) in counts.iter().zip(&over) {
        println!("{count:>12} {over_bare:10.0} {:10.2}", over_bare / over[1]);
    }
    println!("ours is to stay at 1.10 at most up to 100 keys");
    Ok(())
}

fn lane<const COUNT: usize>() -> Lane {
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
    Lane::reading(Variant::of_ours(add_session_middleware(router, sessions)))
}

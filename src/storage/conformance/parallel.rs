use std::future::Future;
use std::panic::resume_unwind;
use std::sync::Barrier;
use std::thread;

use futures_util::future::join_all;
use tokio::runtime::{Builder, Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// How many requests a test sends at once.
pub(super) const REQUESTS: usize = 16;
/// How often a test repeats a race.
pub(super) const ROUNDS: usize = 20;

const THREADS: usize = 4;

/// Sends one request for each number below [`REQUESTS`], all at once, and returns their outcomes.
///
/// They run on several threads, and by turns on each, so that both a gap between two statements and one between two
/// awaits are found. On a runtime of one thread, which would have nobody left to do the I/O, they only take turns.
pub(super) async fn in_parallel<F>(request: impl Fn(usize) -> F) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send,
{
    let requests: Vec<F> = (0..REQUESTS).map(request).collect();
    let runtime = Handle::current();
    if runtime.runtime_flavor() == RuntimeFlavor::CurrentThread {
        return join_all(requests).await;
    }
    block_in_place(|| on_threads(&runtime, requests))
}

fn on_threads<F>(runtime: &Handle, requests: Vec<F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send,
{
    let mut shares: [Vec<F>; THREADS] = std::array::from_fn(|_| Vec::new());
    for (at, request) in requests.into_iter().enumerate() {
        shares[at % THREADS].push(request);
    }
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        let threads = shares.map(|share| {
            scope.spawn(|| {
                start.wait();
                runtime.block_on(join_all(share))
            })
        });
        let outcomes = threads.into_iter().map(|thread| thread.join());
        outcomes
            .flat_map(|outcome| outcome.unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

/// Runs a test of [`storage_conformance!`](crate::storage_conformance) on a runtime of several threads.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.expect("the system has threads").block_on(test);
}

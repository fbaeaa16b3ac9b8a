//! Requests a second of one thread and of two, on one session and on as many as threads: what a variant gains by the
//! second one.

use std::sync::Barrier;
use std::time::Instant;

use axum::Router;

use crate::harness::{self, AxumClient, Client};
use crate::variants::{self, Variant};
use crate::{Failure, settings};

const ROUNDS: usize = 21;
const REQUESTS: usize = 20_000;
const NAMES: [&str; 4] = ["bare", "limit", "ours", "tower_sessions"];

struct Lane {
    name: &'static str,
    router: Router,
    cookies: [String; 2],
}

pub fn run() -> Result<(), Failure> {
    let lanes = NAMES.into_iter().map(Lane::new);
    let mut lanes = lanes.collect::<Result<Vec<_>, Failure>>()?;
    for (action, path) in [("read", "/read/1"), ("modify", "/modify")] {
        for (sessions, which) in [("one session", [0, 0]), ("distinct sessions", [0, 1])] {
            let title = format!("{action}, {sessions}");
            println!(
                "\n{title:28} {:>12} {:>12} {:>8} {:>9}",
                "1 thread/s", "2 threads/s", "scaling", "of bare's"
            );
            let medians = harness::medians(settings::rounds(ROUNDS), &mut lanes, |lane| {
                let [one, two] = which.map(|index| lane.cookies[index].as_str());
                let (first, second) = (lane.rate(path, &[one])?, lane.rate(path, &[one, two])?);
                // Of each round by itself: the machine's speed changes from one to the next.
                Ok::<_, Failure>([first, second, second / first])
            })?;
            let [.., bare] = medians[0];
            for (lane, [one, two, scaling]) in lanes.iter().zip(medians) {
                let share = scaling / bare;
                println!(
                    "  {:26} {one:12.0} {two:12.0} {scaling:8.2} {share:9.2}",
                    lane.name
                );
            }
        }
    }
    println!("\nours is to scale within 10 % of bare axum: 0.90 of bare's at least");
    Ok(())
}

impl Lane {
    fn new(name: &'static str) -> Result<Self, Failure> {
        let runtime = harness::runtime()?;
        let router = runtime.block_on(variants::router(name))?;
        let variant = runtime.block_on(Variant::new(name))?;
        let mut client = AxumClient::new(router.clone());
        let mut cookie = || {
            let set = client.visit(&runtime, "/fill/5");
            let cookie = set
                .into_iter()
                .find(|cookie| variant.cookie.is_named_in(cookie));
            cookie.unwrap_or_else(|| variant.cookie.unknown.clone())
        };
        let cookies = [cookie(), cookie()];
        Ok(Self {
            name,
            router,
            cookies,
        })
    }

    /// The requests a second of a thread for each of `cookies`, all together.
    fn rate(&self, path: &str, cookies: &[&str]) -> Result<f64, Failure> {
        let ready = Barrier::new(cookies.len() + 1);
        let start = std::thread::scope(|scope| {
            for cookie in cookies {
                scope.spawn(|| {
                    let runtime = harness::runtime().expect("a runtime");
                    let mut client = AxumClient::new(self.router.clone());
                    client.prepare(path, &vec![Some(*cookie); REQUESTS]);
                    ready.wait();
                    allocation_counter::opt_out(|| client.send(&runtime));
                });
            }
            ready.wait();
            Instant::now()
        });
        // The scope has waited for the threads.
        Ok((cookies.len() * REQUESTS) as f64 / start.elapsed().as_secs_f64())
    }
}

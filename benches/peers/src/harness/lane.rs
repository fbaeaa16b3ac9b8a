//! One variant in one case.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::case::{Case, Cookie};
use super::cookies::Cookies;
use crate::settings;
use crate::variants::Variant;

/// Few enough that they lie in the processor's cache when they are sent, as they do where they come in one by one.
const BATCH: usize = 200;
const BATCHES: usize = 20;
const MILLION: usize = 1_000_000;

pub struct Lane {
    pub name: &'static str,
    variant: Variant,
    path: &'static str,
    cookies: Cookies,
}

impl Lane {
    pub fn new(runtime: &Runtime, variant: Variant, case: Case) -> Self {
        let mut lane = Self::without_cookie(variant, case.path);
        match case.cookie {
            Cookie::None => {}
            // A cookie weighs something by itself.
            _ if !lane.variant.has_sessions() => lane.cookies.push(&lane.variant.cookie.unknown),
            Cookie::Session(fill) => lane.create(runtime, fill, 1),
            Cookie::OfMillion => lane.create(runtime, "/fill/5", settings::sessions(MILLION)),
            Cookie::Unknown => lane.cookies.push(&lane.variant.cookie.unknown),
            Cookie::Malformed => {
                let malformed = format!("{}=malformed", lane.variant.cookie.name);
                lane.cookies.push(&malformed);
            }
        }
        lane.time(runtime);
        lane
    }

    /// A variant whose requests read one key of a random session; there is none yet.
    pub fn reading(variant: Variant) -> Self {
        Self::without_cookie(variant, "/read/1")
    }

    fn without_cookie(variant: Variant, path: &'static str) -> Self {
        Self {
            name: variant.name,
            variant,
            path,
            cookies: Cookies::default(),
        }
    }

    /// Adds sessions until there are `count`; where there are none, one cookie that means nothing.
    pub fn fill(&mut self, runtime: &Runtime, count: usize) {
        if self.variant.has_sessions() {
            self.create(runtime, "/fill/5", count - self.cookies.len());
        } else if self.cookies.len() == 0 {
            self.cookies.push(&self.variant.cookie.unknown);
        }
        self.time(runtime);
    }

    fn create(&mut self, runtime: &Runtime, path: &str, count: usize) {
        for _ in 0..count {
            let set = self.variant.client.visit(runtime, path);
            let cookie = set
                .iter()
                .find(|cookie| self.variant.cookie.is_named_in(cookie));
            self.cookies.push(cookie.expect("a session's cookie"));
        }
    }

    /// Times some requests, in nanoseconds each. Their allocations are not counted, since that takes time.
    pub fn time(&mut self, runtime: &Runtime) -> f64 {
        let mut sending = Duration::ZERO;
        for _ in 0..BATCHES {
            self.prepare();
            let start = Instant::now();
            allocation_counter::opt_out(|| self.variant.client.send(runtime));
            sending += start.elapsed();
        }
        sending.as_nanos() as f64 / (BATCHES * BATCH) as f64
    }

    /// Counts the allocations of some requests and their bytes, for each.
    pub fn count(&mut self, runtime: &Runtime) -> [f64; 2] {
        let mut sending = [0; 2];
        for _ in 0..BATCHES {
            self.prepare();
            let counted = allocation_counter::measure(|| self.variant.client.send(runtime));
            sending[0] += counted.count_total;
            sending[1] += counted.bytes_total;
        }
        sending.map(|total| total as f64 / (BATCHES * BATCH) as f64)
    }

    fn prepare(&mut self) {
        let cookies: Vec<_> = (0..BATCH).map(|_| self.cookies.any()).collect();
        self.variant.client.prepare(self.path, &cookies);
    }
}

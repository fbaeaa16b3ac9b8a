//! Sends requests straight into each variant's router, with its state applied, and takes the median of interleaved rounds.

use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::routing::RouterIntoService;
use tokio::runtime::{Builder, Runtime};
use tower::Service;

use crate::variants::{self, Variant};

const ROUNDS: usize = 15;
const REQUESTS: usize = 4_000;
const MILLION: usize = 1_000_000;

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Case {
    pub name: &'static str,
    path: &'static str,
    cookie: Cookie,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cookie {
    None,
    /// Of a session that this route has filled.
    Session(&'static str),
    /// Of one of a million sessions, another at each request.
    OfMillion,
    /// As the variant would make it, of a session that does not exist.
    Unknown,
    Malformed,
}

pub const CASES: [Case; 11] = [
    case("ignore", "/ignore", Cookie::None),
    case("ignore_cookie", "/ignore", Cookie::Session("/fill/5")),
    case("read_1_of_5", "/read/1", Cookie::Session("/fill/5")),
    case("read_5_of_5", "/read/5", Cookie::Session("/fill/5")),
    case("read_1_of_100", "/read/1", Cookie::Session("/fill/100")),
    case("read_random_of_million", "/read/1", Cookie::OfMillion),
    case("modify_5", "/modify", Cookie::Session("/fill/5")),
    case("modify_100", "/modify", Cookie::Session("/fill/100")),
    case("new", "/new", Cookie::None),
    case("unknown_id", "/read/1", Cookie::Unknown),
    case("malformed", "/read/1", Cookie::Malformed),
];

const fn case(name: &'static str, path: &'static str, cookie: Cookie) -> Case {
    Case { name, path, cookie }
}

pub struct Measured {
    pub case: &'static str,
    pub variant: &'static str,
    pub nanoseconds: f64,
    pub allocations: f64,
    pub bytes: f64,
}

/// Runs the cases and variants whose names are among `wanted`, or all.
pub fn run(wanted: &[String]) -> Result<Vec<Measured>, Box<dyn std::error::Error>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let is_wanted = |name: &str| wanted.iter().any(|wanted| wanted == name);
    let no_case = !CASES.iter().any(|case| is_wanted(case.name));
    let no_variant = !variants::NAMES.iter().any(|name| is_wanted(name));
    let mut results = Vec::new();
    for case in CASES.iter().filter(|case| no_case || is_wanted(case.name)) {
        let chosen = variants::NAMES
            .iter()
            .filter(|name| no_variant || is_wanted(name));
        let mut lanes = Vec::new();
        for name in chosen {
            let variant = runtime.block_on(variants::named(name))?;
            lanes.push(Lane::new(&runtime, &variant, *case));
        }
        let medians = Rounds::medians(&runtime, &mut lanes);
        for (mut lane, nanoseconds) in lanes.into_iter().zip(medians) {
            let [allocations, bytes] = lane.count(&runtime);
            results.push(Measured {
                case: case.name,
                variant: lane.name,
                nanoseconds,
                allocations,
                bytes,
            });
        }
        eprintln!("{} done", case.name);
    }
    Ok(results)
}

/// Rounds of several lanes, one after the other, so that what else the machine does falls on all alike.
pub struct Rounds;

impl Rounds {
    /// The median nanoseconds a request of each lane.
    pub fn medians(runtime: &Runtime, lanes: &mut [Lane]) -> Vec<f64> {
        let mut rounds = vec![Vec::with_capacity(ROUNDS); lanes.len()];
        for _ in 0..ROUNDS {
            for (lane, times) in lanes.iter_mut().zip(&mut rounds) {
                times.push(lane.round(runtime));
            }
        }
        let median = |mut times: Vec<f64>| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        };
        rounds.into_iter().map(median).collect()
    }
}

/// One variant in one case.
pub struct Lane {
    name: &'static str,
    cookie_start: String,
    service: RouterIntoService<Body>,
    path: &'static str,
    cookies: Vec<String>,
}

impl Lane {
    fn new(runtime: &Runtime, variant: &Variant, case: Case) -> Self {
        let mut lane = Self::idle(runtime, variant, case.path);
        match case.cookie {
            _ if !variant.has_sessions => {}
            Cookie::None => {}
            Cookie::Session(fill) => lane.cookies = runtime.block_on(lane.create(fill, 1)),
            Cookie::OfMillion => lane.fill(runtime, MILLION),
            Cookie::Unknown => lane.cookies.push(variant.unknown_cookie.to_owned()),
            Cookie::Malformed => lane.cookies.push(format!("{}malformed", lane.cookie_start)),
        }
        lane.round(runtime);
        lane
    }

    /// A variant whose requests read one key of a random session; there is none yet.
    pub fn reading(runtime: &Runtime, variant: &Variant) -> Self {
        Self::idle(runtime, variant, "/read/1")
    }

    fn idle(runtime: &Runtime, variant: &Variant, path: &'static str) -> Self {
        // axum_session starts a task where its layer is applied.
        let _inside = runtime.enter();
        // With its state applied, or each request would apply every layer anew.
        let router: Router = variant.router.clone().with_state(());
        Self {
            name: variant.name,
            cookie_start: format!("{}=", variant.cookie_name),
            service: router.into_service(),
            path,
            cookies: Vec::new(),
        }
    }

    /// Adds sessions until there are `count`.
    pub fn fill(&mut self, runtime: &Runtime, count: usize) {
        let more = count - self.cookies.len();
        let created = runtime.block_on(self.create("/fill/5", more));
        self.cookies.extend(created);
        self.round(runtime);
    }

    async fn create(&mut self, path: &str, count: usize) -> Vec<String> {
        let mut cookies = Vec::with_capacity(count);
        for _ in 0..count {
            let request = Request::builder()
                .uri(path)
                .body(Body::empty())
                .expect("a request");
            let response = self.service.call(request).await.expect("a router answers");
            let lines = response.headers().get_all(SET_COOKIE).into_iter();
            let mut pairs = lines.filter_map(|line| line.to_str().ok()?.split(';').next());
            let cookie = pairs.find(|pair| pair.starts_with(&self.cookie_start));
            cookies.push(cookie.expect("a session's cookie").to_owned());
        }
        cookies
    }

    /// Times a round, in nanoseconds a request; the requests are made before.
    fn round(&mut self, runtime: &Runtime) -> f64 {
        let requests = self.requests();
        let start = Instant::now();
        self.send(runtime, requests);
        start.elapsed().as_nanos() as f64 / REQUESTS as f64
    }

    /// Counts the allocations of a round, which is not timed, since counting takes time.
    fn count(&mut self, runtime: &Runtime) -> [f64; 2] {
        let requests = self.requests();
        let counted = allocation_counter::measure(|| self.send(runtime, requests));
        [counted.count_total, counted.bytes_total].map(|total| total as f64 / REQUESTS as f64)
    }

    fn send(&mut self, runtime: &Runtime, requests: Vec<Request<Body>>) {
        runtime.block_on(async {
            for request in requests {
                let response = self.service.call(request).await.expect("a router answers");
                assert!(response.status().is_success(), "{}", response.status());
            }
        });
    }

    fn requests(&self) -> Vec<Request<Body>> {
        (0..REQUESTS).map(|_| self.request()).collect()
    }

    fn request(&self) -> Request<Body> {
        let mut request = Request::builder().uri(self.path);
        if !self.cookies.is_empty() {
            let cookie = &self.cookies[fastrand::usize(..self.cookies.len())];
            request = request.header(COOKIE, cookie);
        }
        request.body(Body::empty()).expect("a request")
    }
}

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
    let variants = runtime.block_on(variants::all());
    let names = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    let is_variant = |name: &str| variants.iter().any(|variant| variant.name == name);
    let no_variant = !wanted.iter().any(|name| is_variant(name));
    let no_case = !wanted
        .iter()
        .any(|name| CASES.iter().any(|case| case.name == name));
    let mut results = Vec::new();
    for case in CASES.iter().filter(|case| no_case || names(case.name)) {
        let chosen = variants
            .iter()
            .filter(|variant| no_variant || names(variant.name));
        let mut lanes: Vec<Lane> = chosen
            .map(|variant| Lane::new(&runtime, variant, *case))
            .collect();
        for _ in 0..ROUNDS {
            lanes.iter_mut().for_each(|lane| lane.round(&runtime));
        }
        results.extend(
            lanes
                .into_iter()
                .map(|lane| lane.measured(&runtime, case.name)),
        );
        eprintln!("{} done", case.name);
    }
    Ok(results)
}

/// One variant in one case.
struct Lane {
    name: &'static str,
    service: RouterIntoService<Body>,
    path: &'static str,
    cookies: Vec<String>,
    rounds: Vec<f64>,
}

impl Lane {
    fn new(runtime: &Runtime, variant: &Variant, case: Case) -> Self {
        // axum_session starts a task where its layer is applied.
        let _inside = runtime.enter();
        // With its state applied, or each request would apply every layer anew.
        let router: Router = variant.router.clone().with_state(());
        let mut service = router.into_service();
        let cookies = runtime.block_on(async {
            match case.cookie {
                _ if !variant.has_sessions => Vec::new(),
                Cookie::None => Vec::new(),
                Cookie::Session(fill) => vec![fill_session(&mut service, fill, variant).await],
                Cookie::OfMillion => {
                    let mut cookies = Vec::with_capacity(MILLION);
                    for _ in 0..MILLION {
                        cookies.push(fill_session(&mut service, "/fill/5", variant).await);
                    }
                    cookies
                }
                Cookie::Unknown => vec![variant.unknown_cookie.to_owned()],
                Cookie::Malformed => vec![format!("{}=malformed", variant.cookie_name)],
            }
        });
        let mut lane = Self {
            name: variant.name,
            service,
            path: case.path,
            cookies,
            rounds: Vec::new(),
        };
        // Warms up, and is not counted.
        lane.round(runtime);
        lane.rounds.clear();
        lane
    }

    /// Times a round; the requests are made before.
    fn round(&mut self, runtime: &Runtime) {
        let requests = self.requests();
        let start = Instant::now();
        self.send(runtime, requests);
        let elapsed = start.elapsed().as_nanos() as f64;
        self.rounds.push(elapsed / REQUESTS as f64);
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

    fn measured(mut self, runtime: &Runtime, case: &'static str) -> Measured {
        let [allocations, bytes] = self.count(runtime);
        self.rounds.sort_by(f64::total_cmp);
        Measured {
            case,
            variant: self.name,
            nanoseconds: self.rounds[self.rounds.len() / 2],
            allocations,
            bytes,
        }
    }
}

async fn fill_session(
    service: &mut RouterIntoService<Body>,
    path: &str,
    variant: &Variant,
) -> String {
    let request = Request::builder()
        .uri(path)
        .body(Body::empty())
        .expect("a request");
    let response = service.call(request).await.expect("a router answers");
    let lines = response.headers().get_all(SET_COOKIE).into_iter();
    let start = format!("{}=", variant.cookie_name);
    lines
        .filter_map(|line| line.to_str().ok()?.split(';').next())
        .find(|pair| pair.starts_with(&start))
        .unwrap_or_else(|| panic!("{} sets its cookie", variant.name))
        .to_owned()
}

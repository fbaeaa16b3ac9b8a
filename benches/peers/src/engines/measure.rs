//! Requests a second and latencies of all variants on one server; then round trips and bytes of single requests.

use super::server::{Recipe, Server as Database};
use super::{NAMES, proxy};
use crate::load::visitor::visit;
use crate::load::{Server, Wrk, cookies, print};
use crate::{Failure, harness, settings};

const ROUNDS: usize = 3;
const SECONDS: usize = 2;
const CONNECTIONS: usize = 64;
const SESSIONS: usize = 1_000;
/// Single requests of each variant and case, counted one by one.
const COUNTED: usize = 100;

struct Lane {
    name: &'static str,
    server: Server,
    with_sessions: Wrk,
    without: Wrk,
}

pub fn run(recipe: &Recipe) -> Result<(), Failure> {
    println!("{}", recipe.settings);
    let database = Database::start(recipe)?;
    let url = (recipe.url)(database.port);
    let lanes = NAMES.into_iter().map(|name| Lane::new(name, &url));
    let mut lanes = lanes.collect::<Result<Vec<_>, Failure>>()?;
    for (case, path) in [("read", "/read/1"), ("modify", "/modify"), ("new", "/new")] {
        let medians = harness::medians(settings::rounds(ROUNDS), &mut lanes, |lane| {
            let wrk = if case == "new" {
                &lane.without
            } else {
                &lane.with_sessions
            };
            let url = format!("http://{}{path}", lane.server.address);
            wrk.load(&url, CONNECTIONS, SECONDS)
        })?;
        let title = format!("{}, {case}", recipe.engine);
        print(&title, lanes.iter().map(|lane| lane.name), &medians);
    }
    drop(lanes);
    count(recipe, database.port)
}

impl Lane {
    fn new(name: &'static str, url: &str) -> Result<Self, Failure> {
        let server = Server::start(name, Some(url))?;
        let with_sessions = Wrk::new(&cookies(&server.address, "/fill/5", SESSIONS)?)?;
        let without = Wrk::new(&[])?;
        Ok(Self {
            name,
            server,
            with_sessions,
            without,
        })
    }
}

fn count(recipe: &Recipe, database: u16) -> Result<(), Failure> {
    const CASES: [(&str, &str, Option<&str>); 5] = [
        ("read", "/read/1", Some("/fill/5")),
        ("modify", "/modify", Some("/fill/5")),
        ("new", "/new", None),
        ("read 100 keys", "/read/1", Some("/fill/100")),
        ("modify 100 keys", "/modify", Some("/fill/100")),
    ];
    println!("\nround trips and bytes a request, of single requests");
    print!("{:22}", "");
    for (case, ..) in CASES {
        print!(" {case:>16}");
    }
    println!();
    for name in NAMES.into_iter().skip(1) {
        print!("  {name:20}");
        let (port, counts) = proxy::start(database)?;
        let server = Server::start(name, Some(&(recipe.url)(port)))?;
        for (_, path, fill) in CASES {
            let cookies = fill
                .map(|fill| cookies(&server.address, fill, 1))
                .transpose()?;
            let cookie = cookies.as_ref().map(|cookies| cookies[0].as_str());
            let visits =
                || (0..COUNTED).try_for_each(|_| visit(&server.address, path, cookie).map(drop));
            // Statements are prepared and scripts loaded once.
            visits()?;
            let before = counts.get();
            visits()?;
            let after = counts.get();
            let [trips, bytes] = [0, 1].map(|i| (after[i] - before[i]) as f64 / COUNTED as f64);
            print!(" {:>16}", format!("{trips:.2} {bytes:8.0}"));
        }
        println!();
    }
    Ok(())
}

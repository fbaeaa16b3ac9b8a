//! Requests a second, latencies and processor time of variants on one server.

use super::server::{Recipe, Server as Database};
use super::{count, processor, proxy};
use crate::load::{Server, Wrk, cookies, print};
use crate::{Failure, harness, settings};

const ROUNDS: usize = 3;
const SECONDS: usize = 2;
const CONNECTIONS: usize = 64;
const SESSIONS: usize = 1_000;

struct Lane {
    name: &'static str,
    server: Server,
    with_sessions: Wrk,
    without: Wrk,
}

/// What `wrk` says, then microseconds of processor time a request: the application's and the database's.
type Figures = [f64; 6];

pub fn run(recipe: &Recipe, names: &[&'static str]) -> Result<(), Failure> {
    println!("{}", recipe.settings);
    let database = Database::start(recipe)?;
    let port = match settings::delay() {
        Some(delay) => {
            println!("The server is {delay:?} away, each way");
            proxy::start(database.port, delay)?.0
        }
        None => database.port,
    };
    let url = (recipe.url)(port);
    requests(recipe.engine, names, &url, Some(database.process()))?;
    count::run(recipe, names, database.port)
}

/// Loads the variants on the database at that URL, which a process of its own may be.
pub fn requests(
    engine: &str,
    names: &[&'static str],
    url: &str,
    database: Option<u32>,
) -> Result<(), Failure> {
    let lanes = names.iter().map(|name| Lane::new(name, url));
    let mut lanes = lanes.collect::<Result<Vec<_>, Failure>>()?;
    for (case, path) in [("read", "/read/1"), ("modify", "/modify"), ("new", "/new")] {
        let measured = harness::interleaved(settings::rounds(ROUNDS), &mut lanes, |lane| {
            lane.load(case, path, database)
        })?;
        let names = lanes.iter().map(|lane| lane.name);
        let medians = measured
            .iter()
            .map(|rounds| harness::median_of_each(rounds));
        let medians: Vec<Figures> = medians.collect();
        let of_wrk =
            |[rate, half, most, nearly_all, ..]: &Figures| [*rate, *half, *most, *nearly_all];
        let of_wrk: Vec<_> = medians.iter().map(of_wrk).collect();
        print(&format!("{engine}, {case}"), names.clone(), &of_wrk);
        compare(names, &measured, &medians);
    }
    Ok(())
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

    fn load(&self, case: &str, path: &str, database: Option<u32>) -> Result<Figures, Failure> {
        let wrk = if case == "new" {
            &self.without
        } else {
            &self.with_sessions
        };
        let url = format!("http://{}{path}", self.server.address);
        let times = || {
            Ok::<_, Failure>([
                processor::time(self.server.process())?,
                database.map_or(Ok(0.0), processor::time)?,
            ])
        };
        let before = times()?;
        let load = wrk.load(&url, CONNECTIONS, SECONDS)?;
        let after = times()?;
        let [application, database] = [0, 1].map(|i| (after[i] - before[i]) / load.requests);
        let [rate, half, most, nearly_all] = load.figures;
        Ok([rate, half, most, nearly_all, application, database])
    }
}

/// Prints ours beside each: the median of what the rounds say, since the machine's speed differs less within a round
/// than in all.
fn compare<'n>(
    names: impl Iterator<Item = &'n str> + Clone,
    measured: &[Vec<Figures>],
    medians: &[Figures],
) {
    let ours = names
        .clone()
        .position(|name| name == "ours")
        .map(|at| &measured[at]);
    println!(
        "\n  {:20} {:>11} {:>12} {:>9}   (µs of processor time a request)",
        "round by round", "ours of it", "application", "database"
    );
    for ((name, rounds), [.., application, database]) in names.zip(measured).zip(medians) {
        let ratios = ours
            .into_iter()
            .flatten()
            .zip(rounds)
            .map(|(ours, its)| ours[0] / its[0]);
        let ratio = harness::median(ratios);
        println!("  {name:20} {ratio:11.2} {application:12.1} {database:9.1}");
    }
}

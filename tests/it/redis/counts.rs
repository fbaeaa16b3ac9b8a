//! Every command that a request costs, in the server's own words. `EVALSHA`, and `GET`, `SET` or `DEL` outside a
//! script, are one round trip each; all other commands are what the scripts do on the server.

use std::collections::BTreeMap;

use axum::Router;
use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{CachedSessionStorage, Duration, RedisSessionStorage, Sessions};

use super::app::{app_with, visitor};
use super::server::Server;
use crate::support::{Browser, Clock};

const SAVE: [&str; 3] = ["evalsha", "getrange", "set"];
const DELETE: [&str; 3] = ["evalsha", "getrange", "del"];
/// What a script does with an owner's set.
const SET: [&str; 7] = [
    "time",
    "zscore",
    "zadd",
    "zremrangebyscore",
    "zremrangebyscore",
    "zrevrange",
    "expireat",
];

struct Counted {
    server: Server,
    app: Router,
    clock: Clock,
}

impl Counted {
    /// A server that knows the scripts already, as every server does after the first few requests.
    async fn new() -> Self {
        Self::with(|storage| storage).await
    }

    async fn with<S: SessionStorage>(front: impl FnOnce(RedisSessionStorage) -> S) -> Self {
        let server = Server::start(&[]);
        let clock = Clock::at_present();
        let storage = front(server.storage().await);
        let sessions = Sessions::builder(storage).clock(clock.reader());
        let app = app_with(sessions);
        let mut browser = visitor(&app).await;
        browser.get("/log-in").await;
        clock.advance(Duration::HOUR * 3);
        browser.get("/read").await;
        browser.get("/log-out").await;
        Self { server, app, clock }
    }

    /// The commands of one request.
    async fn of(&self, browser: &mut Browser, path: &str) -> BTreeMap<String, u64> {
        let mut client = self.server.client();
        let mut reset = redis::cmd("CONFIG");
        reset.arg("RESETSTAT").exec(&mut client).unwrap();
        assert_eq!(browser.get(path).await.status, 200);
        let mut info = redis::cmd("INFO");
        let stats: String = info.arg("commandstats").query(&mut client).unwrap();
        let lines = stats.lines().filter_map(|line| {
            let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
            let calls = rest.split(',').next()?.parse().ok()?;
            Some((name.to_owned(), calls))
        });
        lines
            .filter(|(name, _)| !name.starts_with("config") && name != "info")
            .collect()
    }
}

/// These commands, each as often as it is named.
fn once<'a>(commands: impl IntoIterator<Item = &'a &'a str>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for command in commands {
        *counts.entry((*command).to_owned()).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn a_route_that_ignores_the_session_costs_nothing() {
    let counted = Counted::new().await;
    let mut browser = visitor(&counted.app).await;
    assert_eq!(counted.of(&mut browser, "/ignore").await, once(&[]));
}

#[tokio::test]
async fn a_visitor_without_a_session_who_writes_nothing_costs_nothing() {
    let counted = Counted::new().await;
    let mut browser = Browser::new(counted.app.clone());
    assert_eq!(counted.of(&mut browser, "/read").await, once(&[]));
}

#[tokio::test]
async fn a_read_costs_one_round_trip() {
    let counted = Counted::new().await;
    let mut browser = visitor(&counted.app).await;
    assert_eq!(counted.of(&mut browser, "/read").await, once(&["get"]));
}

#[tokio::test]
async fn a_new_session_costs_one_round_trip() {
    let counted = Counted::new().await;
    let mut browser = Browser::new(counted.app.clone());
    assert_eq!(counted.of(&mut browser, "/visit").await, once(&["set"]));
}

#[tokio::test]
async fn a_change_costs_two_round_trips() {
    let counted = Counted::new().await;
    let mut browser = visitor(&counted.app).await;
    let expected = once(["get"].iter().chain(&SAVE));
    assert_eq!(counted.of(&mut browser, "/visit").await, expected);
}

#[tokio::test]
async fn a_log_in_costs_two_round_trips() {
    let counted = Counted::new().await;
    let mut browser = visitor(&counted.app).await;
    let expected = once(["get"].iter().chain(&SAVE).chain(&SET));
    assert_eq!(counted.of(&mut browser, "/log-in").await, expected);
}

#[tokio::test]
async fn a_log_out_costs_three_round_trips() {
    let counted = Counted::new().await;
    let mut browser = visitor(&counted.app).await;
    browser.get("/log-in").await;
    let expected = once(["get", "evalsha"].iter().chain(&DELETE).chain(&SET));
    assert_eq!(counted.of(&mut browser, "/log-out").await, expected);
}

#[tokio::test]
async fn a_touch_costs_one_round_trip_once_an_interval_and_with_an_owner_one_more() {
    let counted = Counted::new().await;
    let mut browser = visitor(&counted.app).await;
    let touched = ["get", "evalsha", "getrange", "setrange", "pexpireat"];
    let kept = ["evalsha", "zscore"];
    for expected in [&touched[..], &[&touched[..], &kept].concat()] {
        counted.clock.advance(Duration::HOUR * 3);
        assert_eq!(counted.of(&mut browser, "/read").await, once(expected));
        assert_eq!(counted.of(&mut browser, "/read").await, once(&["get"]));
        browser.get("/log-in").await;
    }
}

#[tokio::test]
async fn a_read_of_a_hot_session_through_a_cache_costs_nothing_and_a_change_one_round_trip() {
    let cached = |remote| CachedSessionStorage::with_limits(remote, 100, Duration::HOUR);
    let counted = Counted::with(cached).await;
    let mut browser = visitor(&counted.app).await;
    for _ in 0..100 {
        assert_eq!(counted.of(&mut browser, "/read").await, once(&[]));
    }
    assert_eq!(counted.of(&mut browser, "/visit").await, once(&SAVE));
    assert_eq!(counted.of(&mut browser, "/log-out").await, once(&DELETE));
}

/// What this process does itself comes back as something that anybody did.
#[tokio::test]
async fn through_a_cache_that_listens_a_read_after_a_change_costs_one_round_trip_and_then_nothing()
{
    let server = Server::start(&[]);
    let storage = server.storage().await;
    let cached = CachedSessionStorage::with_limits(storage, 100, Duration::HOUR);
    let cached = cached.listening().await.unwrap();
    let clock = Clock::at_present();
    let app = app_with(Sessions::builder(cached).clock(clock.reader()));
    let counted = Counted { server, app, clock };
    let mut browser = visitor(&counted.app).await;
    browser.get("/visit").await;
    // What is told has come by then.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let mut costs = Vec::new();
    for _ in 0..10 {
        let mut cost = counted.of(&mut browser, "/read").await;
        // Every second it asks whether it is still told.
        cost.retain(|name, _| !name.starts_with("client"));
        costs.push(cost);
    }
    assert_eq!(costs[0], once(&["get"]));
    assert_eq!(costs[1..], vec![once(&[]); 9]);
}

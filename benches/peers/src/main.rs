//! Measures axum-bare-session beside other session libraries and beside a hand-written limit: all variants in one run,
//! interleaved.
//!
//! ```sh
//! alias peers='cargo run --release --manifest-path benches/peers/Cargo.toml'
//! peers                                   # nanoseconds and allocations: a table, results.csv and results.svg
//! peers -- threads                        # one thread and two, on one session and on several
//! peers -- sockets                        # requests a second over loopback, by wrk
//! peers -- memory                         # bytes a session, and the clean-up of a million
//! peers -- growth                         # from 1 thousand sessions to 10 million, from 1 key to 1,000, from 1 connection to 64
//! peers --features databases -- redis     # requests a second, processor time, round trips and bytes, on a Redis of its own
//! peers --features databases -- postgres  # the same on a PostgreSQL of its own
//! peers --features databases -- mariadb   # the same on a MariaDB of its own
//! peers --features databases -- sqlite    # requests a second and processor time, each on an SQLite file of its own
//! peers --features databases -- sqlite-calls # calls of the two storages alone, at 64 at once and one at a time
//! ```
//!
//! Names of cases and variants choose some of the first, names of variants some of those on databases. `PEERS_ROUNDS`
//! sets the rounds of any, `PEERS_SECONDS` the seconds of one load, and `PEERS_DIVISOR` makes the millions smaller.
//! `PEERS_DELAY` is how many microseconds away a database is, each way, as if it were on another machine. A million
//! sessions of all variants take about 8 GB of memory, ten million of two about 17. Wanted from Debian: `wrk`, and
//! `redis-server`, `postgresql` or `mariadb-server` for a database's.

#![cfg_attr(
    not(feature = "databases"),
    allow(dead_code, unused_imports, reason = "databases alone ask for it")
)]

mod compare;
#[cfg(feature = "databases")]
mod engines;
mod growth;
mod harness;
mod load;
mod machine;
mod measured;
mod memory;
mod report;
mod settings;
mod threads;
mod variants;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    // What this program starts itself as, in processes of their own.
    match words[..] {
        ["serve", variant] => return load::serve(variants::router(variant)),
        #[cfg(feature = "databases")]
        ["serve", variant, url] => return load::serve(engines::router(variant, url)),
        ["resident", variant] => return memory::resident(variant),
        ["clean-up"] => return memory::clean_up(),
        _ => {}
    }
    println!("{}", machine::describe());
    match words[..] {
        ["threads"] => threads::run(),
        ["sockets"] => load::sockets(),
        ["memory"] => memory::run(),
        ["growth"] => growth::run(),
        #[cfg(feature = "databases")]
        ["redis", ref names @ ..] => engines::redis(names),
        #[cfg(feature = "databases")]
        ["mariadb", ref names @ ..] => engines::mariadb(names),
        #[cfg(feature = "databases")]
        ["postgres", ref names @ ..] => engines::postgres(names),
        #[cfg(feature = "databases")]
        ["sqlite", ref names @ ..] => engines::sqlite(names),
        #[cfg(feature = "databases")]
        ["sqlite-calls"] => engines::sqlite_calls(),
        _ => compare::run(&words),
    }
}

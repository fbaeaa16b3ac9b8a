//! Measures axum-bare-session beside other session libraries and beside a hand-written limit: all variants in one run, interleaved.
//!
//! ```sh
//! cargo run --release --manifest-path benches/peers/Cargo.toml              # a table, results.csv and results.svg
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- sockets   # requests a second over loopback, by wrk
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- memory    # bytes a session, and the clean-up of a million
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- growth    # from 1 thousand sessions on, from 1 key on
//! ```
//!
//! Names of cases and variants choose some of the first.

mod growth;
mod harness;
mod memory;
mod report;
mod sockets;
mod variants;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["sockets"] => sockets::run(),
        ["serve", variant] => sockets::serve(variant),
        ["memory"] => memory::run(),
        ["resident", variant] => memory::resident(variant),
        ["clean-up"] => memory::clean_up(),
        ["growth"] => growth::run(),
        _ => compare(&arguments),
    }
}

fn compare(wanted: &[String]) -> Outcome {
    let results = harness::run(wanted)?;
    report::print(&results);
    if wanted.is_empty() {
        report::write(&results, env!("CARGO_MANIFEST_DIR"))?;
    }
    Ok(())
}

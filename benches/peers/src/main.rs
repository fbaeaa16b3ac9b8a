//! Measures axum-bare-session beside other session libraries and beside a hand-written limit: all variants in one run, interleaved.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml` prints a table and writes `results.csv` and `results.svg` beside this package.

mod harness;
mod report;
mod variants;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let results = harness::run(&arguments)?;
    report::print(&results);
    if arguments.is_empty() {
        report::write(&results, concat!(env!("CARGO_MANIFEST_DIR")))?;
    }
    Ok(())
}

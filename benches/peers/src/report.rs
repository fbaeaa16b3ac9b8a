//! The table, `results.csv`, and a plot of each variant's overhead over bare axum.

use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

use crate::harness::Measured;

pub fn print(results: &[Measured]) {
    let mut case = "";
    for measured in results {
        if measured.case != case {
            case = measured.case;
            println!(
                "\n{case:24} {:>8} {:>8} {:>6} {:>8}",
                "ns", "over", "allocs", "bytes"
            );
        }
        let over = measured.nanoseconds - bare(results, case);
        println!(
            "  {:22} {:8.0} {over:8.0} {:6.1} {:8.0}",
            measured.variant, measured.nanoseconds, measured.allocations, measured.bytes
        );
    }
}

pub fn write(results: &[Measured], folder: &str) -> io::Result<()> {
    let mut csv =
        String::from("case,variant,ns_per_request,allocations_per_request,bytes_per_request\n");
    for m in results {
        let _ = writeln!(
            csv,
            "{},{},{:.1},{:.2},{:.1}",
            m.case, m.variant, m.nanoseconds, m.allocations, m.bytes
        );
    }
    fs::write(Path::new(folder).join("results.csv"), csv)?;
    fs::write(Path::new(folder).join("results.svg"), plot(results))
}

fn bare(results: &[Measured], case: &str) -> f64 {
    let bare = results
        .iter()
        .find(|m| m.case == case && m.variant == "bare");
    bare.map_or(0.0, |bare| bare.nanoseconds)
}

const SHOWN: [(&str, &str); 4] = [
    ("limit", "#9aa5b1"),
    ("ours", "#1f7a4d"),
    ("tower_sessions", "#d08a2e"),
    ("axum_session", "#b5485d"),
];

/// Overhead over bare axum, a group of bars for each case, on a logarithmic scale.
fn plot(results: &[Measured]) -> String {
    let mut cases: Vec<&str> = results.iter().map(|m| m.case).collect();
    cases.dedup();
    let (bar, gap, left, top, width) = (11, 14, 190, 56, 640.0);
    let group = bar * SHOWN.len() + gap;
    let height = top + group * cases.len() + 30;
    let x = |ns: f64| (ns.max(30.0) / 30.0).log10() / (30_000.0_f64 / 30.0).log10() * width;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"900\" height=\"{height}\" fill=\"white\"/>\n\
         <text x=\"{left}\" y=\"20\" font-size=\"14\">Nanoseconds a request over bare axum (logarithmic)</text>\n"
    );
    for (index, (name, colour)) in SHOWN.iter().enumerate() {
        let at = left + index * 140;
        let _ = writeln!(
            svg,
            "<rect x=\"{at}\" y=\"30\" width=\"10\" height=\"10\" fill=\"{colour}\"/><text x=\"{}\" y=\"40\">{name}</text>",
            at + 15
        );
    }
    for (row, case) in cases.iter().enumerate() {
        let y = top + row * group;
        let middle = y + bar * SHOWN.len() / 2 + 4;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{case}</text>",
            left - 10
        );
        for (index, (name, colour)) in SHOWN.iter().enumerate() {
            let measured = results
                .iter()
                .find(|m| m.case == *case && m.variant == *name);
            let Some(measured) = measured else { continue };
            let over = measured.nanoseconds - bare(results, case);
            let y = y + index * bar;
            let _ = writeln!(
                svg,
                "<rect x=\"{left}\" y=\"{y}\" width=\"{:.0}\" height=\"{}\" fill=\"{colour}\"/><text x=\"{:.0}\" y=\"{}\" font-size=\"10\">{over:.0}</text>",
                x(over),
                bar - 1,
                left as f64 + x(over) + 4.0,
                y + 9
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

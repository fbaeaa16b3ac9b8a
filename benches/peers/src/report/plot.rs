//! Each case as a panel: the overhead of each variant as a bar on a logarithmic scale, with its value.

use std::fmt::Write;

use super::overhead;
use crate::harness::CASES;
use crate::machine;
use crate::measured::Measured;

const SHOWN: [(&str, &str); 6] = [
    ("limit", "hand-written limit"),
    ("ours", "axum-bare-session"),
    ("tower_sessions", "tower-sessions"),
    ("axum_session", "axum_session"),
    ("actix_session", "actix-session"),
    ("saysion", "saysion"),
];

// In pixels.
const WIDTH: usize = 2 * MARGIN + 2 * PANEL + GUTTER;
const TOP: usize = 84;
const MARGIN: usize = 24;
const GUTTER: usize = 20;
const PANEL: usize = 456;
/// Of a panel: its title, its rows, its ticks.
const HEIGHT: usize = TITLE + ROW * SHOWN.len() + 24;
const ROW: usize = 18;
const TITLE: usize = 26;
const NAMES: usize = 138;
const VALUES: usize = 52;

/// The two ends of the scale, in nanoseconds.
const SCALE: (f64, f64) = (30.0, 50_000.0);
const TICKS: [(f64, &str); 4] = [
    (100.0, "100 ns"),
    (1_000.0, "1 µs"),
    (10_000.0, "10 µs"),
    (30.0, "30 ns"),
];

const STYLE: &str = "text{font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;font-size:12px;fill:#57606a}\
    .head{font-size:18px;font-weight:600;fill:#1f2328}.title{font-weight:600;font-size:13px;fill:#1f2328}\
    .tick{font-size:10px;fill:#8c959f}.note{font-size:11px;fill:#8c959f}.name{text-anchor:end}.value{font-variant-numeric:tabular-nums}\
    .grid{stroke:#eaeef2}.bar{fill:#c3cbd4}.limit{fill:#e2e6ea}.ours{fill:#0b7a53}\
    text.ours{fill:#0b7a53;font-weight:700}text.limit{fill:#8c959f}";

pub fn svg(results: &[Measured]) -> String {
    // The last panel is for the notes.
    let height = TOP + HEIGHT * (CASES.len() + 1).div_ceil(2);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>What a session costs a request</title>\n<style>{STYLE}</style>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"8\" fill=\"#fff\"/>\n"
    );
    text(
        &mut svg,
        (MARGIN, 36),
        "head",
        "What a session costs a request",
    );
    text(
        &mut svg,
        (MARGIN, 58),
        "",
        "Time over the same application without sessions, in memory. Less is better; the scale is logarithmic.",
    );
    for (index, case) in CASES.iter().enumerate() {
        let (left, top) = place(index);
        text(&mut svg, (left, top + 14), "title", case.title);
        grid(&mut svg, left, top + TITLE);
        for (row, (variant, name)) in SHOWN.iter().enumerate() {
            if let Some(over) = overhead(results, case.name, variant) {
                bar(
                    &mut svg,
                    (left, top + TITLE + row * ROW),
                    (variant, name),
                    over,
                );
            }
        }
    }
    notes(&mut svg, place(CASES.len()));
    svg.push_str("</svg>\n");
    svg
}

/// The corner of a panel.
fn place(index: usize) -> (usize, usize) {
    let (row, column) = (index / 2, index % 2);
    (MARGIN + column * (PANEL + GUTTER), TOP + row * HEIGHT)
}

fn notes(svg: &mut String, (left, top): (usize, usize)) {
    let machine = machine::describe();
    let (cores, compiler) = machine.split_once("; ").unwrap_or((&machine, ""));
    let notes = [
        "Medians of interleaved rounds in one process, without sockets.",
        "actix-session over actix-web, with a storage as short as can be;",
        "all others over axum.",
        cores,
        compiler,
    ];
    for (line, note) in notes.into_iter().enumerate() {
        text(svg, (left, top + TITLE + 13 + line * ROW), "note", note);
    }
}

/// How far from its left end a bar reaches.
fn length(nanoseconds: f64) -> f64 {
    let share = (nanoseconds.clamp(SCALE.0, SCALE.1) / SCALE.0).ln() / (SCALE.1 / SCALE.0).ln();
    share * (PANEL - NAMES - VALUES) as f64
}

fn grid(svg: &mut String, left: usize, top: usize) {
    for (at, label) in TICKS {
        let x = (left + NAMES) as f64 + length(at);
        let bottom = top + SHOWN.len() * ROW;
        let _ = writeln!(svg, "<path class=\"grid\" d=\"M{x:.1} {top}V{bottom}\"/>");
        let _ = writeln!(
            svg,
            "<text class=\"tick\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>",
            bottom + 11
        );
    }
}

fn bar(svg: &mut String, (left, top): (usize, usize), (variant, name): (&str, &str), over: f64) {
    let (start, middle) = (left + NAMES, top + 13);
    let width = length(over).max(1.0);
    text(svg, (start - 8, middle), &format!("name {variant}"), name);
    let _ = writeln!(
        svg,
        "<rect class=\"bar {variant}\" x=\"{start}\" y=\"{}\" width=\"{width:.1}\" height=\"{}\" rx=\"2\"/>",
        top + 3,
        ROW - 5
    );
    let end = start + width as usize + 6;
    text(
        svg,
        (end, middle),
        &format!("value {variant}"),
        &value(over),
    );
}

fn value(nanoseconds: f64) -> String {
    if nanoseconds < 1_000.0 {
        format!("{nanoseconds:.0} ns")
    } else {
        format!("{:.1} µs", nanoseconds / 1_000.0)
    }
}

fn text(svg: &mut String, (x, y): (usize, usize), class: &str, text: &str) {
    let _ = writeln!(
        svg,
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>"
    );
}

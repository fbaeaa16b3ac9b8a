//! Declarations as they are written.

use std::fs;

use serde_json::Value;

use crate::cargo::root;

/// The source of an item, from its first word on, without comments and attributes, on one line.
pub(super) fn source(item: &Value) -> String {
    let span = &item["span"];
    let Some(file) = span["filename"].as_str() else {
        return String::new();
    };
    let text = fs::read_to_string(root().join(file)).unwrap();
    let at = |end: &str, index: usize| usize::try_from(span[end][index].as_u64().unwrap()).unwrap();
    let (first, last) = (at("begin", 0), at("end", 0));
    let lines = text
        .lines()
        .enumerate()
        .map(|(line, text)| (line + 1, text));
    let lines = lines.filter(|(line, _)| (first..=last).contains(line));
    let lines = lines.map(|(line, text)| {
        let until = if line == last {
            at("end", 1) - 1
        } else {
            text.len()
        };
        let from = if line == first { at("begin", 1) - 1 } else { 0 };
        text[from..until].trim()
    });
    let lines = lines.filter(|line| !line.starts_with("//") && !line.starts_with("#["));
    lines.collect::<Vec<_>>().join(" ")
}

/// What is declared: all before the body or the value.
pub(super) fn declaration(item: &Value) -> String {
    let source = source(item);
    let is_constant = source.starts_with("pub const ") && !source.starts_with("pub const fn ");
    let end = if is_constant { " =" } else { " {" };
    let end = source
        .find(end)
        .or(source.find(';'))
        .unwrap_or(source.len());
    source[..end].replace("( ", "(").replace(", )", ")")
}

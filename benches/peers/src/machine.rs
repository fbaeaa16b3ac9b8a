//! The machine, in a line: figures of two machines do not compare.

use std::fs;
use std::thread::available_parallelism;

/// The cores, the processor, whether it has instructions for SHA-256; and the compiler.
pub fn describe() -> String {
    let cores = available_parallelism().map_or(1, usize::from);
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = processor.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_once(": ").map(|(_, value)| value)
    };
    let model = field("model name").unwrap_or(std::env::consts::ARCH);
    // By the name of x86-64, then by that of 64-bit ARM.
    let instructions = field("flags").or(field("Features")).unwrap_or_default();
    let has_sha = instructions
        .split(' ')
        .any(|name| matches!(name, "sha_ni" | "sha2"));
    let sha = if has_sha { "with" } else { "without" };
    format!(
        "{cores} cores of {model}, {sha} SHA extensions; {}",
        env!("COMPILER")
    )
}

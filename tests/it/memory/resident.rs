//! What the storage counts, beside what the operating system counts.

use std::process::Command;

use super::bytes::{of, with};
use super::steps::{Blocking, record};

/// The bytes of memory that are this process's own.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages = statm.split(' ').nth(1).unwrap();
    pages.parse::<usize>().unwrap() * 4_096
}

#[test]
fn what_is_counted_is_what_the_process_takes() {
    // In a process of its own, where no other test takes memory meanwhile.
    let test = "memory::resident::in_a_process_of_its_own";
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{output}");
    assert!(output.contains("1 passed"), "{output}");
}

#[test]
#[ignore = "run by the test above"]
fn in_a_process_of_its_own() {
    for (sessions, size, owner) in [
        (1_000, 64_000, None),
        (100_000, 10, None),
        (100_000, 10, Some("user")),
    ] {
        let (before, storage) = (resident(), of(1 << 40));
        for number in 0..sessions {
            let mut record = with(record(number as i64, 10_000_000), size);
            record.owner = owner.map(|owner| format!("{owner}:{number}").into());
            storage.add(number, record);
        }
        let (taken, counted) = (resident() - before, storage.bytes());
        println!("{sessions} of {size} bytes: {taken} taken, {counted} counted");
        let ratio = counted as f64 / taken as f64;
        assert!((0.85..1.2).contains(&ratio), "{counted} for {taken}");
        // What the next ones take is then not what these have left.
        std::mem::forget(storage);
    }
}

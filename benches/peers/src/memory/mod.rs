//! Memory of a million sessions, and how they leave it: each variant in a process of its own.

mod clean_up;
mod resident;

use std::process::Command;
use std::{fs, io};

use crate::{Failure, variants};

pub use self::clean_up::clean_up;
pub use self::resident::resident;

const MILLION: usize = 1_000_000;

pub fn run() -> Result<(), Failure> {
    println!(
        "\nresident bytes a session of five small keys, at a million (ours is to stay under 500)"
    );
    for name in variants::NAMES
        .iter()
        .filter(|name| variants::has_sessions(name))
    {
        child(&["resident", name])?;
    }
    child(&["clean-up"])
}

fn child(arguments: &[&str]) -> Result<(), Failure> {
    let status = Command::new(std::env::current_exe()?)
        .args(arguments)
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{arguments:?}: {status}").into())
    }
}

fn resident_bytes() -> io::Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    let kibibytes = kibibytes.ok_or_else(|| io::Error::other("no VmRSS in /proc/self/status"))?;
    Ok(kibibytes * 1024)
}

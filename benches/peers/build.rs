//! Keeps the version of the compiler, for the line about the machine.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let compiler = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let version = Command::new(compiler).arg("--version").output();
    let version = version.map_or_else(
        |error| error.to_string().into_bytes(),
        |output| output.stdout,
    );
    println!(
        "cargo::rustc-env=COMPILER={}",
        String::from_utf8_lossy(&version).trim()
    );
}

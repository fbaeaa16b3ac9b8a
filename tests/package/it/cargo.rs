//! Cargo, as whoever uses the crate runs it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// The crate's directory.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap().parent().unwrap().to_owned()
}

pub(crate) fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// Cargo in `directory`, on the sources of this crate.
pub(crate) fn cargo(directory: &Path, arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(directory).args(arguments);
    cargo
}

/// What a command writes, which must succeed.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{text}");
    String::from_utf8(output.stdout).unwrap()
}

/// What cargo knows of the package in `directory`, without its dependencies.
pub(crate) fn metadata(directory: &Path) -> Value {
    let metadata = ["metadata", "--format-version", "1", "--no-deps"];
    serde_json::from_str(&output(&mut cargo(directory, &metadata))).unwrap()
}

/// Where cargo builds.
pub(crate) fn target_directory() -> PathBuf {
    metadata(&root())["target_directory"]
        .as_str()
        .unwrap()
        .into()
}

/// The crate as its users see it: without what its tests and examples need, and without a `Cargo.lock`.
pub(crate) fn published() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let manifest = read("Cargo.toml");
    let sections = manifest.split("\n[").map(|section| format!("\n[{section}"));
    let is_published = |section: &String| {
        [
            "[features]",
            "[dependencies]",
            "[lints.",
            "[package.metadata.",
        ]
        .iter()
        .any(|name| section[1..].starts_with(name))
    };
    let first = manifest.split("\n[").next().unwrap();
    let manifest = format!(
        "{first}\n{}\n[workspace]\n",
        sections.skip(1).filter(is_published).collect::<String>()
    );
    fs::write(directory.path().join("Cargo.toml"), manifest).unwrap();
    for name in ["src", "README.md"] {
        symlink(root().join(name), directory.path().join(name)).unwrap();
    }
    directory
}

/// The packages that are compiled into an application with these features.
pub(crate) fn packages(directory: &Path, features: &str) -> Vec<Value> {
    let tree = ["tree", "--edges", "normal,build", "--prefix", "none"];
    let format = ["--format", "{p}", "--features", features];
    let tree = output(&mut cargo(directory, &[&tree[..], &format].concat()));
    // `name v1.2.3`, and more where it is no package of the registry.
    let names: Vec<_> = tree
        .lines()
        .filter_map(|line| line.split_once(" v"))
        .map(|(name, rest)| (name, rest.split(' ').next().unwrap()))
        .collect();
    let metadata = ["metadata", "--format-version", "1", "--all-features"];
    let metadata: Value = serde_json::from_str(&output(&mut cargo(directory, &metadata))).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .filter(|package| {
            let (name, version) = (&package["name"], &package["version"]);
            names.contains(&(name.as_str().unwrap(), version.as_str().unwrap()))
        })
        .cloned()
        .collect()
}

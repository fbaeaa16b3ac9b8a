//! The versions of Rust and of the dependencies that the manifest asks for.

use serde_json::Value;

use crate::cargo::{cargo, metadata, output, packages, published, root, target_directory};

/// A version of Rust: its first two numbers.
type Rust = (u32, u32);

fn parse(version: &str) -> Rust {
    let mut numbers = version.split('.').map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap_or(0))
}

fn manifest() -> Value {
    let metadata = metadata(&root());
    let packages = metadata["packages"].as_array().unwrap().iter();
    let mut crates = packages.filter(|package| package["name"] == "axum-bare-session");
    crates.next().unwrap().clone()
}

/// The oldest Rust that all packages of these features claim to need, and who claims it.
fn needed(directory: &std::path::Path, features: &str) -> (Rust, String) {
    let needed = packages(directory, features)
        .into_iter()
        .filter_map(|package| {
            let version = package["rust_version"].as_str()?;
            let name = package["name"].as_str()?.to_owned();
            (name != "axum-bare-session").then(|| (parse(version), name))
        });
    needed.max().unwrap()
}

#[test]
fn the_oldest_rust_is_as_new_as_the_dependencies_ask_and_features_that_ask_for_more_say_so() {
    let manifest = manifest();
    let ours = parse(manifest["rust_version"].as_str().unwrap());
    let published = published();
    // The newest versions of the dependencies that this Rust can compile, as cargo chooses them.
    output(&mut cargo(published.path(), &["generate-lockfile"]));
    let (base, of) = needed(published.path(), "");
    assert!(base <= ours, "{of} needs Rust {base:?}");
    let stated = &manifest["metadata"]["rust-version"];
    for feature in manifest["features"].as_object().unwrap().keys() {
        let stated = stated[feature].as_str().map_or(ours, parse);
        let (needed, of) = needed(published.path(), feature);
        let needed = needed.max(ours);
        assert_eq!(
            stated, needed,
            "the feature {feature}, whose {of} needs {needed:?}"
        );
    }
}

#[test]
fn the_oldest_versions_of_the_dependencies_resolve_and_build() {
    let published = published();
    let oldest = ["-Z", "direct-minimal-versions", "update"];
    output(cargo(published.path(), &oldest).env("RUSTC_BOOTSTRAP", "1"));
    // Kept, so that the next run builds nothing anew.
    let target = target_directory().join("oldest-versions");
    let check = ["check", "--features", "conformance"];
    output(cargo(published.path(), &check).env("CARGO_TARGET_DIR", target));
}

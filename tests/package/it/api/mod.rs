//! The public API, in `public-api.txt`, so that whoever changes it sees that in the diff.
//!
//! Read `source`, the words of a declaration, and `listing`, which goes through what rustdoc knows.

mod listing;
mod source;

use std::os::unix::fs::PermissionsExt;
use std::{env, fs};

use serde_json::Value;

use self::listing::listing;
use crate::cargo::{cargo, output, read, root, target_directory};

const FILE: &str = "tests/package/public-api.txt";

/// What rustdoc knows of the crate. Its JSON is not stable: whoever updates Rust may have to look at `listing`.
fn documented() -> Value {
    let directory = tempfile::tempdir().unwrap();
    // As `RUSTDOC`, and not as a variable of cargo's, for which it would build all dependencies anew.
    let rustdoc = directory.path().join("rustdoc");
    fs::write(
        &rustdoc,
        "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc \"$@\"\n",
    )
    .unwrap();
    fs::set_permissions(&rustdoc, fs::Permissions::from_mode(0o755)).unwrap();
    let doc = [
        "rustdoc",
        "--lib",
        "--all-features",
        "--package",
        "axum-bare-session",
    ];
    let json = ["--", "-Z", "unstable-options", "--output-format", "json"];
    output(cargo(&root(), &[&doc[..], &json].concat()).env("RUSTDOC", &rustdoc));
    let json = target_directory().join("doc/axum_bare_session.json");
    serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap()
}

#[test]
fn the_public_api_is_the_one_that_is_listed() {
    let found = listing(&documented());
    if env::var_os("UPDATE_PUBLIC_API").is_some() {
        fs::write(root().join(FILE), found.join("\n") + "\n").unwrap();
        return;
    }
    let listed = read(FILE);
    let listed: Vec<_> = listed.lines().collect();
    let added: Vec<_> = found
        .iter()
        .filter(|it| !listed.contains(&it.as_str()))
        .collect();
    let removed: Vec<_> = listed
        .iter()
        .filter(|it| !found.iter().any(|f| f == *it))
        .collect();
    assert!(
        added.is_empty() && removed.is_empty(),
        "the public API has changed; if that is meant, set UPDATE_PUBLIC_API=1, run this again, look at the diff of \
         {FILE}, and tell it in CHANGELOG.md\nadded: {added:#?}\nremoved: {removed:#?}"
    );
}

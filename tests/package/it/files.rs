//! The files of the package, and what its first page links to.

use crate::cargo::{cargo, output, read, root};

const OURS: [&str; 2] = ["--package", "axum-bare-session"];

#[test]
fn the_package_holds_what_it_is_to_hold_and_nothing_else() {
    let list = ["package", "--list", "--allow-dirty"];
    let list = output(&mut cargo(&root(), &[&list[..], &OURS].concat()));
    let mut by_hand: Vec<_> = list
        .lines()
        .filter(|file| {
            !["src/", "examples/", "tests/it/"]
                .iter()
                .any(|it| file.starts_with(it))
        })
        // What cargo adds.
        .filter(|file| !file.starts_with("Cargo.") && !file.starts_with('.'))
        .collect();
    by_hand.sort_unstable();
    let expected = [
        "CHANGELOG.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "SECURITY.md",
        "benches/sealed.rs",
        "benches/steps.rs",
    ];
    assert_eq!(by_hand, expected);
    let kinds = ["rs", "md", "lua", "html", "css", "js"];
    for file in list.lines().filter(|file| file.contains('/')) {
        let kind = file.rsplit_once('.').unwrap().1;
        assert!(kinds.contains(&kind), "{file}");
    }
}

/// Of targets whose file is missing, or of profiles for packages that are not there.
#[test]
fn to_publish_it_gives_no_warning() {
    let publish = ["publish", "--dry-run", "--allow-dirty"];
    let publish = cargo(&root(), &[&publish[..], &OURS].concat())
        .output()
        .unwrap();
    let told = String::from_utf8(publish.stderr).unwrap();
    assert!(publish.status.success(), "{told}");
    let warnings = told.lines().filter(|line| line.starts_with("warning"));
    let warnings: Vec<_> = warnings.collect();
    assert_eq!(warnings, ["warning: aborting upload due to dry run"]);
}

/// What the links and pictures of a page lead to.
fn targets(page: &str) -> Vec<&str> {
    let links = page.split("](").skip(1);
    links
        .filter_map(|rest| Some(rest.split_once(')')?.0))
        .collect()
}

/// The registry's page and docs.rs know nothing of the files beside it.
#[test]
fn the_first_page_links_to_nothing_that_only_the_repository_has() {
    let page = read("README.md");
    let targets = targets(&page);
    assert!(!targets.is_empty());
    for target in targets {
        let is_absolute = target.starts_with("https://") || target.starts_with('#');
        assert!(is_absolute, "{target}");
    }
}

#[test]
fn links_and_pictures_are_told_from_the_text() {
    assert_eq!(targets("[one](a), f(b) and ![two](c.png)"), ["a", "c.png"]);
}

/// Of what a public module has too, rustdoc shows no more than the line of the `use`, unless it is told to.
#[test]
fn the_storages_are_documented_where_applications_name_them() {
    let root = read("src/lib.rs");
    let lines: Vec<_> = root.lines().collect();
    let uses = lines
        .windows(2)
        .filter(|lines| lines[1].starts_with("pub use crate::storage::"));
    let uses: Vec<_> = uses.collect();
    assert!(!uses.is_empty());
    for lines in uses {
        assert_eq!(lines[0], "#[doc(inline)]", "{}", lines[1]);
    }
}

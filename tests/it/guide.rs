//! What the guide says about tests is true.

use std::fs;
use std::path::{Path, PathBuf};

/// The source of the tests of a module such as `accounts::limit`.
fn source(module: &str) -> Option<String> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let file = tests.join(module.replace("::", "/"));
    fs::read_to_string(file.with_extension("rs")).ok()
}

fn is_test(name: &str) -> bool {
    let Some((module, function)) = name.rsplit_once("::") else {
        return false;
    };
    let definitions = [
        format!("fn {function}()"),
        format!("fn {function}<B: Backend>()"),
    ];
    source(module).is_some_and(|source| definitions.iter().any(|d| source.contains(d)))
}

/// The sources below a directory, by path.
fn sources(dir: &Path) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(dir).unwrap();
    let below = entries.flat_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return sources(&path);
        }
        let is_source = path.extension().is_some_and(|it| it == "rs");
        let source = is_source.then(|| fs::read_to_string(&path).unwrap());
        source.map(|source| (path, source)).into_iter().collect()
    });
    below.collect()
}

#[test]
fn each_example_that_answers_a_post_refuses_those_of_other_sites() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut posts = sources(&examples);
    posts.retain(|(_, source)| source.contains("routing::{get, post}"));
    assert!(posts.len() >= 9, "{}", posts.len());
    for (path, source) in posts {
        assert!(source.contains(".layer(CsrfLayer::new())"), "{path:?}");
    }
}

#[test]
fn each_test_of_the_track_record_is_there() {
    let page = include_str!("../../src/guide/evidence.md");
    let (_, record) = page.split_once("## A track record").unwrap();
    let code = record.split('`').skip(1).step_by(2);
    let named: Vec<_> = code.filter(|code| code.contains("::")).collect();
    assert!(named.len() > 20, "{}", named.len());
    for name in named {
        assert!(is_test(name), "{name}");
    }
}

#[test]
fn each_test_that_the_asvs_page_names_is_there() {
    let page = include_str!("../../src/guide/asvs.md");
    let code = page.split('`').skip(1).step_by(2);
    let named: Vec<_> = code.filter(|code| code.contains("::")).collect();
    assert!(named.len() > 30, "{}", named.len());
    for name in named {
        assert!(is_test(name), "{name}");
    }
    assert!(!is_test("accounts::limit::no_such_test"));
}

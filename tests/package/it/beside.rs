//! Programs that have this crate with all its features beside other libraries that stand on the same drivers or C
//! libraries: cargo has to find versions that go together, and the program has to build.

use std::fs;

use crate::cargo::{cargo, metadata, output, published, target_directory};

const SQLX: &str =
    r#"default-features = false, features = ["runtime-tokio", "sqlite", "postgres", "mysql"]"#;

/// Builds a program that has all of this crate beside `others`, lines of a manifest.
fn build(name: &str, others: &str) {
    let crate_ = published();
    let manifest = metadata(crate_.path());
    let features = manifest["packages"][0]["features"].as_object().unwrap();
    let features: Vec<_> = features.keys().collect();
    let path = crate_.path();
    let program = tempfile::tempdir().unwrap();
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n[workspace]\n[profile.dev]\ndebug = 0\n[dependencies]\n\
        axum-bare-session = {{ path = {path:?}, features = {features:?} }}\n{others}\n"
    );
    fs::write(program.path().join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(program.path().join("src")).unwrap();
    let main = "fn main() { drop(axum_bare_session::MemorySessionStorage::new()); }\n";
    fs::write(program.path().join("src/main.rs"), main).unwrap();
    // Kept, so that the next program builds what both have only once.
    let target = target_directory().join("beside");
    output(cargo(program.path(), &["build"]).env("CARGO_TARGET_DIR", target));
}

#[test]
fn sqlx_0_8() {
    build(
        "beside-sqlx-0-8",
        &format!("sqlx = {{ version = \"0.8\", {SQLX} }}"),
    );
}

#[test]
fn sqlx_0_9() {
    build(
        "beside-sqlx-0-9",
        &format!("sqlx = {{ version = \"0.9\", {SQLX} }}"),
    );
}

#[test]
fn rusqlite() {
    build(
        "beside-rusqlite",
        r#"rusqlite = { version = "0.43", features = ["bundled"] }"#,
    );
}

#[test]
fn diesel() {
    build(
        "beside-diesel",
        r#"diesel = { version = "2.3", features = ["sqlite"] }"#,
    );
}

#[test]
fn sea_orm() {
    let features = r#"["runtime-tokio", "sqlx-sqlite", "sqlx-postgres", "sqlx-mysql"]"#;
    build(
        "beside-sea-orm",
        &format!(
            "sea-orm = {{ version = \"2\", default-features = false, features = {features} }}"
        ),
    );
}

#[test]
fn tower_sessions_with_its_stores() {
    let stores = [
        r#"tower-sessions = "0.15""#,
        r#"tower-sessions-sqlx-store = { version = "0.15", features = ["sqlite", "postgres", "mysql"] }"#,
        r#"tower-sessions-redis-store = "0.16""#,
    ];
    build("beside-tower-sessions", &stores.join("\n"));
}

#[test]
fn the_next_major_version_of_redis() {
    build(
        "beside-redis",
        r#"redis = { version = "2.0.0-rc.2", features = ["tokio-comp"] }"#,
    );
}

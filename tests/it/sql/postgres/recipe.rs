//! How a private PostgreSQL is prepared, run and reached.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sql::server::{Recipe, Server};

pub(in crate::sql) const RECIPE: Recipe = Recipe {
    package: "postgresql",
    user: "postgres",
    prepare,
    run,
};

pub(in crate::sql) fn program(name: &str) -> PathBuf {
    // Debian keeps the programs of each version apart.
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let mut programs: Vec<_> = versions
        .flatten()
        .map(|version| version.path().join("bin").join(name))
        .filter(|program| program.exists())
        .collect();
    programs.sort();
    programs.pop().unwrap_or_else(|| name.into())
}

fn prepare(dir: &Path) -> Command {
    let password = dir.join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    let mut initdb = Command::new(program("initdb"));
    initdb
        // Not SCRAM, whose thousands of hashes a connection take the client's unoptimized build too long.
        .args(["--username=app", "--auth=password", "--encoding=UTF8"])
        .args(["--locale=C.UTF-8", "--no-sync"])
        .arg(format!("--pwfile={}", password.display()))
        .arg(dir.join("data"));
    initdb
}

pub(in crate::sql) fn run(dir: &Path, port: u16) -> Command {
    let mut server = Command::new(program("postgres"));
    server.arg("-D").arg(dir.join("data"));
    for setting in [
        &format!("port={port}"),
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "shared_preload_libraries=pg_stat_statements",
        // What is written survives the server's death all the same, though not the machine's.
        "fsync=off",
    ] {
        server.args(["-c", setting]);
    }
    server
}

pub(in crate::sql) const PASSWORD: &str = "correct-horse-battery";

pub(in crate::sql) fn url(server: &Server) -> String {
    url_with_password(server, PASSWORD)
}

pub(in crate::sql) fn url_with_password(server: &Server, password: &str) -> String {
    let port = server.port;
    format!("postgres://app:{password}@127.0.0.1:{port}/postgres?sslmode=disable")
}

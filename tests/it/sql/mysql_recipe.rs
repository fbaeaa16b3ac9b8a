//! How a private MariaDB is prepared, run and reached.

use std::path::Path;
use std::process::Command;

use super::server::{Recipe, Server};

pub(super) const RECIPE: Recipe = Recipe {
    package: "mariadb-server",
    user: "mysql",
    prepare,
    run,
};

pub(super) const PASSWORD: &str = "correct-horse-battery";

/// The kernel's own asynchronous I/O is limited for all servers of a machine together.
const NO_NATIVE_AIO: &str = "--innodb-use-native-aio=0";

pub(super) fn prepare(dir: &Path) -> Command {
    let users = format!(
        "SET SESSION TRANSACTION READ WRITE;\n\
         CREATE DATABASE IF NOT EXISTS app;\n\
         CREATE USER IF NOT EXISTS app@'%' IDENTIFIED BY '{PASSWORD}';\n\
         GRANT ALL ON app.* TO app@'%';\n\
         CREATE USER IF NOT EXISTS admin@'%' IDENTIFIED BY '{PASSWORD}';\n\
         GRANT ALL ON *.* TO admin@'%' WITH GRANT OPTION;\n"
    );
    std::fs::write(dir.join("init.sql"), users).unwrap();
    let mut install = Command::new("mariadb-install-db");
    install
        .args(["--no-defaults", "--skip-test-db", "--skip-name-resolve"])
        .arg("--auth-root-authentication-method=normal")
        .arg(NO_NATIVE_AIO)
        .arg(format!("--tmpdir={}", dir.display()))
        .arg(format!("--datadir={}", dir.join("data").display()));
    install
}

pub(super) fn run(dir: &Path, port: u16) -> Command {
    let mut server = Command::new("/usr/sbin/mariadbd");
    let path = |name: &str| dir.join(name).display().to_string();
    server
        .args([
            "--no-defaults",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
        ])
        .arg(format!("--port={port}"))
        .arg(format!("--datadir={}", path("data")))
        // A server that starts deletes the temporary tables of others that share its directory.
        .arg(format!("--tmpdir={}", dir.display()))
        .arg(format!("--socket={}", path("socket")))
        .arg(format!("--pid-file={}", path("pid")))
        .arg(format!("--init-file={}", path("init.sql")))
        .args(["--max-connections=500", NO_NATIVE_AIO])
        // What is written survives the server's death all the same, though not the machine's.
        .arg("--innodb-flush-log-at-trx-commit=2");
    server
}

pub(super) fn url(server: &Server, password: &str) -> String {
    format!("mysql://app:{password}@127.0.0.1:{}/app", server.port)
}

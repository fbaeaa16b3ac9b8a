//! Paths of SQLite files: all that a path may be, and what an error says of one that cannot be opened.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use axum_bare_session::SqliteSessionStorage;
use axum_bare_session::storage::{Saved, SessionStorage, StorageError, StorageErrorKind};
use uuid::Uuid;

use super::database::Database;
use super::sqlite::Sqlite;
use super::table::{chain, record};

/// Fails unless it names the path, and says that.
fn assert_says(opened: Result<SqliteSessionStorage, StorageError>, path: &Path, what: &str) {
    let error = opened.expect_err(what);
    let kinds = [StorageErrorKind::Unavailable, StorageErrorKind::NotMigrated];
    assert!(kinds.contains(&error.kind()), "{error:?}");
    let chain = chain(&error);
    assert!(chain.contains(&path.display().to_string()), "{chain}");
    assert!(chain.contains(what), "{chain}");
}

#[tokio::test]
async fn a_path_is_a_path() {
    let folder = Sqlite::new("names").await;
    for name in [
        "mode=ro",
        "dark-mode=ro.db",
        "a?mode=ro",
        "a?mode=memory&cache=shared",
        "100%25.db",
        "a:b",
        ":memory:",
        "file:c.db",
        "sqlite:d.db",
        "# ;'\"\\.db",
        "\u{1f36a}.db",
    ] {
        let path = folder.dir.join(name);
        let storage = SqliteSessionStorage::migrate(&path).await.unwrap();
        let id = Uuid::new_v4().into();
        let saved = storage.save(id, record(None), None).await;
        assert_eq!(saved.unwrap(), Saved::Done);
        assert!(path.is_file(), "{name}");
        let again = SqliteSessionStorage::connect(&path).await.unwrap();
        assert!(again.load(id).await.unwrap().is_some(), "{name}");
    }
}

#[tokio::test]
async fn a_path_where_no_file_can_be_says_why() {
    let file = Sqlite::new("nowhere").await;
    let missing = file.dir.join("no").join("such.db");
    for opened in [
        SqliteSessionStorage::connect(&missing).await,
        SqliteSessionStorage::migrate(&missing).await,
    ] {
        assert_says(opened, &missing, "no such folder");
    }
    for opened in [
        SqliteSessionStorage::connect(&file.dir).await,
        SqliteSessionStorage::migrate(&file.dir).await,
    ] {
        assert_says(opened, &file.dir, "this is a folder");
    }
    for path in ["", "a\0b"] {
        let opened = SqliteSessionStorage::migrate(path).await;
        assert_says(opened, Path::new(path), "no path");
    }
}

#[tokio::test]
async fn what_is_missing_is_said_with_the_call_that_makes_it_and_not_made() {
    let file = Sqlite::new("bare_sessions").await;
    let opened = SqliteSessionStorage::connect(file.file()).await;
    assert_says(
        opened,
        &file.file(),
        "no such file; `SqliteSessionStorage::migrate`",
    );
    assert!(!file.file().exists());

    file.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, amount INTEGER)")
        .await;
    let before = fs::read(file.file()).unwrap();
    let opened = SqliteSessionStorage::connect(file.file()).await;
    assert_says(opened, &file.file(), "table bare_sessions");
    let opened = SqliteSessionStorage::connect(file.file()).await;
    assert_says(
        opened,
        &file.file(),
        "no such table; `SqliteSessionStorage::migrate`",
    );
    assert_eq!(
        fs::read(file.file()).unwrap(),
        before,
        "another application's file"
    );

    SqliteSessionStorage::migrate(file.file()).await.unwrap();
    SqliteSessionStorage::connect(file.file()).await.unwrap();
    file.execute("INSERT INTO orders (amount) VALUES (7)").await;
}

#[tokio::test]
async fn a_table_of_another_layout_is_left_as_it_is() {
    for layout in [
        "id TEXT PRIMARY KEY, data BLOB, expiry_date INTEGER",
        "id BLOB, version INTEGER, last_seen INTEGER, expires_at INTEGER, owner BLOB, record TEXT",
    ] {
        let file = Sqlite::new("bare_sessions").await;
        file.execute(&format!("CREATE TABLE bare_sessions ({layout})"))
            .await;
        let opened = SqliteSessionStorage::connect(file.file()).await;
        assert_says(opened, &file.file(), "not one of sessions");
        let opened = SqliteSessionStorage::migrate(file.file()).await;
        assert_says(opened, &file.file(), "not one of sessions");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_as_it_is() {
    let file = Sqlite::new("bare_sessions").await;
    let text = "no database, and long enough for the head of one. ".repeat(50);
    fs::write(file.file(), &text).unwrap();
    for opened in [
        SqliteSessionStorage::connect(file.file()).await,
        SqliteSessionStorage::migrate(file.file()).await,
    ] {
        assert_says(opened, &file.file(), "no SQLite database");
    }
    assert_eq!(fs::read_to_string(file.file()).unwrap(), text);
}

#[tokio::test]
async fn a_file_or_a_folder_that_is_read_only_is_said_to_be() {
    const ALONE: &str = "READ_ONLY_SQLITE_ALONE";
    if let Some(dir) = std::env::var_os(ALONE) {
        let dir = Path::new(&dir);
        for name in ["file", "folder"] {
            let path = dir.join(name).join("sessions.db");
            let opened = SqliteSessionStorage::connect(&path).await;
            assert_says(opened, &path, "read-only");
        }
        return;
    }
    let file = Sqlite::new("read_only").await;
    for (name, file_mode, folder_mode) in [("file", 0o444, 0o777), ("folder", 0o666, 0o555)] {
        let folder = file.dir.join(name);
        fs::create_dir(&folder).unwrap();
        let path = folder.join("sessions.db");
        drop(SqliteSessionStorage::migrate(&path).await.unwrap());
        while folder.join("sessions.db-wal").exists() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(file_mode)).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(folder_mode)).unwrap();
    }
    // No permission holds for root: somebody else runs this test, of a copy that they may get to.
    fs::set_permissions(&file.dir, fs::Permissions::from_mode(0o755)).unwrap();
    let program = file.dir.join("tests");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut alone = Command::new(&program);
    let test = "sql::sqlite_path::a_file_or_a_folder_that_is_read_only_is_said_to_be";
    alone.args([test, "--exact"]).env(ALONE, &file.dir);
    if std::os::unix::fs::MetadataExt::uid(&fs::metadata(&file.dir).unwrap()) == 0 {
        alone.uid(65_534).gid(65_534);
    }
    let run = alone.current_dir(&file.dir).output().unwrap();
    let told = String::from_utf8(run.stdout).unwrap();
    assert!(told.contains("1 passed"), "{told}");
    fs::set_permissions(file.dir.join("folder"), fs::Permissions::from_mode(0o755)).unwrap();
}

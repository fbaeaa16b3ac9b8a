use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use axum_bare_session::SqliteSessionStorage;

/// The file that tests share, each with a connection of its own: so they are to each other what processes are.
static SHARED: LazyLock<String> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sessions.db");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
    format!("sqlite://{}", file.display())
});

/// The storage in the shared file.
pub(super) async fn storage() -> SqliteSessionStorage {
    let storage = SqliteSessionStorage::connect(&SHARED).await.unwrap();
    storage.migrate().await.unwrap();
    storage
}

pub(super) async fn in_memory() -> SqliteSessionStorage {
    let storage = SqliteSessionStorage::connect("sqlite::memory:").await;
    let storage = storage.unwrap();
    storage.migrate().await.unwrap();
    storage
}

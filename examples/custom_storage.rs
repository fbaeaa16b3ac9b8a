//! A storage of one's own, one file for each session: `cargo run --example custom_storage --features conformance`.

use std::io::ErrorKind::NotFound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};

use axum::{Router, routing::get};
use axum_bare_session::storage::StorageErrorKind::Unavailable;
use axum_bare_session::storage::{
    Owned, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
};
use axum_bare_session::{SessionData, SessionError, SessionId, add_session_middleware};

type Answer<T> = Result<T, StorageError>;
type Listed = Vec<(SessionId, Arc<SessionRecord>)>;

/// For one process: its lock makes "compare the version, then write" one step. A database does that in one statement.
struct FileSessionStorage(Arc<Mutex<Folder>>);

struct Folder(PathBuf);

impl Folder {
    fn path(&self, id: SessionId) -> PathBuf {
        self.0.join(format!("{id}.json"))
    }

    fn read(&self, id: SessionId) -> Answer<Option<Arc<SessionRecord>>> {
        match fs::read(self.path(id)) {
            // `?` on the crate's decoding error tells a broken file from one of a newer version.
            Ok(json) => Ok(Some(SessionRecord::from_json(&json)?.into())),
            Err(error) if error.kind() == NotFound => Ok(None),
            Err(error) => Err(StorageError::new(error)),
        }
    }

    fn write(&self, id: SessionId, record: &SessionRecord) -> Answer<()> {
        let json = record.to_json().map_err(StorageError::new)?;
        let draft = self.0.join("draft");
        fs::write(&draft, json).map_err(StorageError::new)?;
        // A process that dies half-way leaves the old file or the new one, never half of one.
        fs::rename(draft, self.path(id)).map_err(StorageError::new)
    }

    fn remove(&self, id: SessionId) -> Answer<bool> {
        match fs::remove_file(self.path(id)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == NotFound => Ok(false),
            Err(error) => Err(StorageError::new(error)),
        }
    }

    fn all(&self) -> Answer<Listed> {
        let mut all = Vec::new();
        for file in fs::read_dir(&self.0).map_err(StorageError::new)? {
            let path = file.map_err(StorageError::new)?.path();
            let name = path.file_stem().and_then(|name| name.to_str());
            let Some(id) = name.and_then(|name| name.parse().ok()) else {
                continue;
            };
            match self.read(id) {
                Ok(record) => all.extend(record.map(|record| (id, record))),
                Err(error) if error.kind() == Unavailable => return Err(error),
                // What cannot be decoded keeps no other from being listed or ended.
                Err(_) => {}
            }
        }
        Ok(all)
    }

    fn remove_all(&self, named: impl Fn(SessionId, &SessionRecord) -> bool) -> Answer<Listed> {
        let mut removed = self.all()?;
        removed.retain(|(id, record)| named(*id, record));
        for (id, _) in &removed {
            self.remove(*id)?;
        }
        Ok(removed)
    }
}

impl FileSessionStorage {
    fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Self(Arc::new(Mutex::new(Folder(path.to_owned())))))
    }

    /// Works on the files under the lock, and on a thread that may wait for the disk.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let folder = Arc::clone(&self.0);
        let work = move || work(&folder.lock().unwrap_or_else(PoisonError::into_inner));
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(StorageError::new)?
    }
}

impl SessionStorage for FileSessionStorage {
    async fn load(&self, id: SessionId) -> Answer<Option<Arc<SessionRecord>>> {
        self.with(move |folder| folder.read(id)).await
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Answer<Saved> {
        self.with(move |folder| {
            let stored = folder.read(id)?;
            if stored.as_ref().map(|stored| stored.version) != expected {
                return Ok(Saved::Conflict(stored));
            }
            folder.write(id, &record)?;
            Ok(Saved::Done)
        })
        .await
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Answer<bool> {
        self.with(move |folder| {
            let stored = folder.read(id)?.filter(|r| r.version == expected);
            let Some(mut record) = stored.map(Arc::unwrap_or_clone) else {
                return Ok(false);
            };
            record.last_seen = last_seen;
            record.expires_at = expires_at;
            folder.write(id, &record)?;
            Ok(true)
        })
        .await
    }

    async fn delete(&self, id: SessionId) -> Answer<bool> {
        self.with(move |folder| folder.remove(id)).await
    }

    async fn list(&self, owner: &str, now: Timestamp) -> Answer<Listed> {
        let mut all = self.with(Folder::all).await?;
        all.retain(|(_, r)| r.owner.as_deref() == Some(owner) && !r.is_expired(now));
        Ok(all)
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Answer<Vec<SessionId>> {
        let owner: Arc<str> = owner.into();
        let named = move |id, record: &SessionRecord| {
            record.owner.as_ref() == Some(&owner) && which.names(id)
        };
        let removed = self.with(move |folder| folder.remove_all(named)).await?;
        let alive = removed.into_iter().filter(|(_, r)| !r.is_expired(now));
        Ok(alive.map(|(id, _)| id).collect())
    }

    async fn delete_expired(&self, now: Timestamp) -> Answer<u64> {
        self.with(move |folder| Ok(folder.remove_all(|_, r| r.is_expired(now))?.len() as u64))
            .await
    }
}

async fn visits(session: SessionData) -> Result<String, SessionError> {
    let visits = session.update("visits", |visits: Option<u64>| visits.unwrap_or(0) + 1)?;
    Ok(format!("visit {visits}"))
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let path = std::env::temp_dir().join("custom_storage");
    let app = Router::new().route("/", get(visits));
    let app = add_session_middleware(app, FileSessionStorage::open(&path)?);

    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("http://localhost:{}", listener.local_addr()?.port());
    axum::serve(listener, app).await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use super::*;
    use axum_bare_session::storage_conformance;

    storage_conformance!(files, FileSessionStorage::open(&new_path()).unwrap());

    /// A folder for each test, since a list reads all files.
    fn new_path() -> PathBuf {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Relaxed);
        std::env::temp_dir().join(format!("custom_storage-{}-{number}", std::process::id()))
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }
}

//! The accounts. They are in memory, to keep the example small: an application has them in its database.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use argon2::Argon2;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier, phc::PasswordHash};
use axum::http::StatusCode;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Each hash takes 19 MiB of memory for its time, so that there are not too many at once.
static HASHING: Semaphore = Semaphore::const_new(4);

/// A hash of no account, so that a name that nobody has takes as long as a wrong password.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("").unwrap_or_default());

/// A database that fails would be a 500 or a 503, as a hash that fails is.
type Result<T> = std::result::Result<T, StatusCode>;

#[derive(Clone, Default)]
pub(crate) struct Accounts {
    by_id: Arc<Mutex<HashMap<String, Account>>>,
}

struct Account {
    name: String,
    password_hash: String,
}

impl Accounts {
    /// Opens an account, and returns its id; `None` if the name is taken.
    pub(crate) async fn open(&self, name: &str, password: &str) -> Result<Option<String>> {
        let (name, password_hash) = (name.to_owned(), hash_slowly(password).await?);
        let mut accounts = self.lock();
        if accounts.values().any(|account| account.name == name) {
            return Ok(None);
        }
        // The sessions' owner is this id and not the name, which a later account might get.
        let id = Uuid::new_v4().to_string();
        let account = Account {
            name,
            password_hash,
        };
        accounts.insert(id.clone(), account);
        Ok(Some(id))
    }

    /// The id of the account that has this name and password.
    pub(crate) async fn log_in(&self, name: &str, password: &str) -> Result<Option<String>> {
        let account = self.find(|_, account| account.name == name);
        let (id, password_hash) = account.unzip();
        let password_hash = password_hash.unwrap_or_else(|| NOBODY.clone());
        let is_right = is_hash_of(password_hash, password).await?;
        Ok(id.filter(|_| is_right))
    }

    pub(crate) async fn is_password(&self, id: &str, password: &str) -> Result<bool> {
        match self.find(|known, _| known == id) {
            Some((_, password_hash)) => is_hash_of(password_hash, password).await,
            None => Ok(false),
        }
    }

    pub(crate) async fn set_password(&self, id: &str, password: &str) -> Result<()> {
        let password_hash = hash_slowly(password).await?;
        if let Some(account) = self.lock().get_mut(id) {
            account.password_hash = password_hash;
        }
        Ok(())
    }

    pub(crate) fn name(&self, id: &str) -> Option<String> {
        Some(self.lock().get(id)?.name.clone())
    }

    fn find(&self, is_it: impl Fn(&str, &Account) -> bool) -> Option<(String, String)> {
        let accounts = self.lock();
        let (id, account) = accounts.iter().find(|(id, account)| is_it(id, account))?;
        Some((id.clone(), account.password_hash.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Account>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(password: &str) -> std::result::Result<String, Error> {
    let hash = Argon2::default().hash_password(password.as_bytes())?;
    Ok(hash.to_string())
}

async fn hash_slowly(password: &str) -> Result<String> {
    let password = password.to_owned();
    beside_the_runtime(move || hash(&password)).await
}

async fn is_hash_of(password_hash: String, password: &str) -> Result<bool> {
    let password = password.to_owned();
    beside_the_runtime(move || {
        let password_hash = PasswordHash::new(&password_hash)?;
        match Argon2::default().verify_password(password.as_bytes(), &password_hash) {
            Ok(()) => Ok(true),
            Err(Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(error),
        }
    })
    .await
}

/// A hash takes tens of milliseconds, in which a thread of the runtime could answer many requests.
async fn beside_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> std::result::Result<T, Error> + Send + 'static,
) -> Result<T> {
    let _turn = HASHING.acquire().await;
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    done.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

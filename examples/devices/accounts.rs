//! The accounts. They are in memory, to keep the example small: an application has them in its database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::hashing::{hash, is_hash_of};

/// A hash of no account, so that a name that nobody has takes as long as a wrong password.
static NOBODY: OnceCell<String> = OnceCell::const_new();

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
    pub(crate) async fn open(&self, name: &str, password: String) -> Result<Option<String>> {
        let (name, password_hash) = (name.to_owned(), hash(password).await?);
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
    pub(crate) async fn log_in(&self, name: &str, password: String) -> Result<Option<String>> {
        let account = self.find(|_, account| account.name == name);
        let (id, password_hash) = account.unzip();
        let nobody = NOBODY.get_or_try_init(|| hash(String::new())).await?;
        let password_hash = password_hash.unwrap_or_else(|| nobody.clone());
        let is_right = is_hash_of(password_hash, password).await?;
        Ok(id.filter(|_| is_right))
    }

    pub(crate) async fn is_password(&self, id: &str, password: String) -> Result<bool> {
        match self.find(|known, _| known == id) {
            Some((_, password_hash)) => is_hash_of(password_hash, password).await,
            None => Ok(false),
        }
    }

    pub(crate) async fn set_password(&self, id: &str, password: String) -> Result<()> {
        let password_hash = hash(password).await?;
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

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

#[derive(Clone)]
pub(crate) struct Account {
    /// The sessions' owner. It is not the name, which a later account might get.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) password_hash: String,
}

impl Accounts {
    /// Opens an account; `None` if the name is taken.
    pub(crate) async fn open(&self, name: &str, password: String) -> Result<Option<Account>> {
        let account = Account {
            id: Uuid::new_v4().to_string(),
            name: name.to_owned(),
            password_hash: hash(password).await?,
        };
        let mut accounts = self.lock();
        if accounts.values().any(|account| account.name == name) {
            return Ok(None);
        }
        accounts.insert(account.id.clone(), account.clone());
        Ok(Some(account))
    }

    /// The account that has this name and password.
    pub(crate) async fn log_in(&self, name: &str, password: String) -> Result<Option<Account>> {
        let of_name = |account: &&Account| account.name == name;
        let account = self.lock().values().find(of_name).cloned();
        let nobody = NOBODY.get_or_try_init(|| hash(String::new())).await?;
        let password_hash = account.as_ref().map_or(nobody, |it| &it.password_hash);
        let is_right = is_hash_of(password_hash.clone(), password).await?;
        Ok(account.filter(|_| is_right))
    }

    pub(crate) fn set_password_hash(&self, id: &str, password_hash: String) {
        if let Some(account) = self.lock().get_mut(id) {
            account.password_hash = password_hash;
        }
    }

    pub(crate) fn find(&self, id: &str) -> Option<Account> {
        self.lock().get(id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Account>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The users. They are in memory, to keep the example small: an application has them in its database.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;

use super::hashing::{hash, is_hash_of};
use super::permission::Permission;

#[derive(Clone)]
pub(crate) struct Account {
    /// The sessions' owner. It is not the name, which a later account might get.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) password_hash: String,
    pub(crate) permissions: Vec<Permission>,
}

#[derive(Clone)]
pub(crate) struct Users(Arc<Mutex<Vec<Account>>>);

impl Users {
    pub(crate) async fn ada_and_bob() -> Result<Self, StatusCode> {
        let mut accounts = Vec::new();
        for (name, permissions) in [("ada", vec![Permission::ReadReports]), ("bob", vec![])] {
            accounts.push(Account {
                id: format!("user:{}", accounts.len() + 1),
                name: name.to_owned(),
                password_hash: hash("correct horse".to_owned()).await?,
                permissions,
            });
        }
        Ok(Self(Arc::new(Mutex::new(accounts))))
    }

    pub(crate) async fn find(&self, id: &str) -> Option<Account> {
        let accounts = self.lock();
        accounts.iter().find(|account| account.id == id).cloned()
    }

    /// The account that has this name and password.
    pub(crate) async fn log_in(
        &self,
        name: &str,
        password: String,
    ) -> Result<Option<Account>, StatusCode> {
        let of_name = |account: &&Account| account.name == name;
        let account = self.lock().iter().find(of_name).cloned();
        let is_known = account.is_some();
        // A name that nobody has takes as long as a wrong password.
        let account = account.unwrap_or_else(|| self.lock()[0].clone());
        let is_right = is_hash_of(account.password_hash.clone(), password).await?;
        Ok(Some(account).filter(|_| is_known && is_right))
    }

    pub(crate) async fn set_password_hash(&self, id: &str, password_hash: String) {
        let mut accounts = self.lock();
        if let Some(account) = accounts.iter_mut().find(|account| account.id == id) {
            account.password_hash = password_hash;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Account>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

use std::collections::HashSet;

use futures_util::TryStreamExt;

use super::steps::*;
use crate::record::SessionId;
use crate::storage::{Owned, SessionStorage, StorageError};

/// A storage that names its records names all of them, however many there are. One that does not name them is fine too.
pub async fn all_records_are_named(storage: &impl SessionStorage) {
    let owner = new_owner();
    let mut created = created_many(storage, &owner, 1_100).await;
    created.push(self::created(storage).await.0);
    let named: Result<HashSet<SessionId>, StorageError> = storage.ids().try_collect().await;
    if let Ok(named) = named {
        let missing = created.iter().filter(|id| !named.contains(id));
        assert_eq!(missing.count(), 0, "records that were not named");
    }
    delete_owned(storage, &owner, Owned::All).await;
}

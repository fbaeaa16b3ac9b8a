use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::time::timeout;

use super::steps::*;
use crate::record::SessionId;
use crate::storage::{Change, Owned, SessionStorage};

/// How long a storage may take to tell.
const SOON: Duration = Duration::from_secs(5);

async fn told(changes: &mut BoxStream<'static, Change>, id: SessionId, what: &str) {
    let hears = async {
        while let Some(change) = changes.next().await {
            if change == Change::Session(id) {
                return true;
            }
        }
        false
    };
    let heard = timeout(SOON, hears).await.unwrap_or(false);
    assert!(heard, "{what} should be told within {SOON:?}");
    // What is told of one step more than once is not taken for the next one.
    let more = async { while changes.next().await.is_some() {} };
    let _ = timeout(Duration::from_millis(100), more).await;
}

/// A storage that tells of changes tells of every save, touch and removal. One that does not tell is fine too.
pub async fn every_change_is_told(storage: &impl SessionStorage) {
    let Ok(mut changes) = storage.changes().await else {
        return;
    };
    let owner = new_owner();
    let (id, first) = created_of(storage, &owner).await;
    told(&mut changes, id, "a creation").await;
    let second = next(&first, |record| set(record, "visits", &2));
    replace(storage, id, &first, &second).await;
    told(&mut changes, id, "a save").await;
    touch(storage, id, second.version, now(), now() + LIFE).await;
    told(&mut changes, id, "a touch").await;
    delete(storage, id).await;
    told(&mut changes, id, "a deletion").await;
    let (id, _) = created_of(storage, &owner).await;
    told(&mut changes, id, "a creation").await;
    delete_owned(storage, &owner, Owned::All).await;
    told(&mut changes, id, "a deletion of an owner's sessions").await;
}

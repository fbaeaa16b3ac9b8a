use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join;
use futures_util::stream::BoxStream;
use tokio::time::timeout;

use super::parallel::ROUNDS;
use super::steps::*;
use crate::record::SessionId;
use crate::storage::{Change, Owned, SessionStorage};

/// How long a storage may take to tell.
const SOON: Duration = Duration::from_secs(5);

/// Whether the next that is told of the session was told in time.
async fn hears(changes: &mut BoxStream<'static, Change>, id: SessionId) -> bool {
    let heard = async {
        while let Some(change) = changes.next().await {
            if change == Change::Session(id) {
                return true;
            }
        }
        false
    };
    timeout(SOON, heard).await.unwrap_or(false)
}

async fn told(changes: &mut BoxStream<'static, Change>, id: SessionId, what: &str) {
    let heard = hears(changes, id).await;
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

/// Whoever is told of a session that is new finds it. A storage that does not tell is fine too.
pub async fn no_change_is_told_before_it_was_applied(storage: &impl SessionStorage) {
    let Ok(mut changes) = storage.changes().await else {
        return;
    };
    for _ in 0..ROUNDS {
        let (id, record) = new_session();
        let looks = async {
            let heard = hears(&mut changes, id).await;
            assert!(heard, "a creation should be told within {SOON:?}");
            let found = load(storage, id).await;
            assert!(found.is_some(), "a creation was told before it was applied");
        };
        join(looks, create(storage, id, &record)).await;
    }
}

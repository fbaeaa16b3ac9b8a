//! What a save that came too late leaves of its id in an owner's set, on a Cluster, where that is written before the
//! record.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum_bare_session::storage::{Saved, SessionRecord, SessionStorage, Version};
use axum_bare_session::{Duration, RedisSessionStorage, SessionId};
use redis::cluster::{ClusterClient, ClusterConnection};

use super::cluster;
use super::owner_set::{HOUR, created_of, list, now};
use super::refusing::{Refusing, has};
use super::steps::{created, new_id, next};

fn client() -> ClusterConnection {
    let client = ClusterClient::new(cluster::shared().urls()).unwrap();
    client.get_connection().unwrap()
}

/// Whether the set names the session as one that has not ended.
fn is_listed(owner: &str, id: SessionId) -> bool {
    let mut score = redis::cmd("ZSCORE");
    score.arg(format!("session:owner:{owner}"));
    score.arg(id.as_bytes());
    let score: Option<f64> = score.query(&mut client()).unwrap();
    score.is_some_and(|score| score >= HOUR as f64)
}

async fn save(
    storage: &RedisSessionStorage,
    id: SessionId,
    record: &SessionRecord,
    expected: Version,
) -> Saved {
    let saved = storage.save(id, Arc::new(record.clone()), Some(expected));
    saved.await.unwrap()
}

async fn load(storage: &RedisSessionStorage, id: SessionId) -> SessionRecord {
    (*storage.load(id).await.unwrap().unwrap()).clone()
}

#[tokio::test]
async fn a_save_after_a_log_out_leaves_no_id() {
    let storage = cluster::shared().storage().await;
    let owner = new_id().to_string();
    let id = created_of(&storage, &owner).await;
    let first = load(&storage, id).await;
    assert!(is_listed(&owner, id));
    assert!(storage.delete(id).await.unwrap());
    let saved = save(&storage, id, &next(&first), first.version).await;
    assert_eq!(saved, Saved::Conflict(None));
    assert!(!is_listed(&owner, id));
}

#[tokio::test]
async fn a_save_that_conflicts_keeps_the_id_until_the_log_out_and_no_longer() {
    let storage = cluster::shared().storage().await;
    let owner = new_id().to_string();
    let id = created_of(&storage, &owner).await;
    let first = load(&storage, id).await;
    let second = next(&first);
    let saved = save(&storage, id, &second, first.version).await;
    assert_eq!(saved, Saved::Done);
    let saved = save(&storage, id, &second, first.version).await;
    assert_eq!(saved, Saved::Conflict(Some(Arc::new(second))));
    assert_eq!(list(&storage, &owner).await, [id]);
    assert!(storage.delete(id).await.unwrap());
    assert!(!is_listed(&owner, id));
}

#[tokio::test]
async fn a_save_after_a_change_of_owner_leaves_no_id() {
    let storage = cluster::shared().storage().await;
    let [ann, ben] = [new_id().to_string(), new_id().to_string()];
    for owner in [None, Some(&*ben)] {
        let id = created_of(&storage, &ann).await;
        let first = load(&storage, id).await;
        let mut given = next(&first);
        given.owner = owner.map(Into::into);
        let saved = save(&storage, id, &given, first.version).await;
        assert_eq!(saved, Saved::Done);
        assert!(!is_listed(&ann, id));
        let saved = save(&storage, id, &next(&first), first.version).await;
        assert_eq!(saved, Saved::Conflict(Some(Arc::new(given))));
        assert!(!is_listed(&ann, id), "{owner:?}");
    }
    assert_eq!(list(&storage, &ben).await.len(), 1);
}

/// A storage over a connection on which `meanwhile` is done, once, on a thread of its own, before the first command with
/// `part` in it and without `other`.
async fn interrupted<W: Future<Output = ()> + Send>(
    part: String,
    other: String,
    meanwhile: impl Fn(RedisSessionStorage) -> W + Send + Sync + 'static,
) -> RedisSessionStorage {
    let is_done = AtomicBool::new(false);
    let client = ClusterClient::new(cluster::shared().urls()).unwrap();
    let connection = client.get_async_connection().await.unwrap();
    let connection = Refusing::new(connection, move |packed| {
        let is_here = has(packed, part.as_bytes()) && !has(packed, other.as_bytes());
        if is_here && !is_done.swap(true, Ordering::Relaxed) {
            let work = async { meanwhile(cluster::shared().storage().await).await };
            let run = || tokio::runtime::Runtime::new().unwrap().block_on(work);
            std::thread::scope(|scope| scope.spawn(run).join().unwrap());
        }
        None
    });
    RedisSessionStorage::from_connection(connection)
}

#[tokio::test]
async fn a_touch_for_months_that_comes_too_late_leaves_no_id() {
    let storage = cluster::shared().storage().await;
    let owner = new_id().to_string();
    let id = created_of(&storage, &owner).await;
    let record = load(&storage, id).await;
    let set = format!("session:owner:{owner}");
    let log_out = move |storage: RedisSessionStorage| async move {
        assert!(storage.delete(id).await.unwrap());
    };
    let touching = interrupted(set, format!("session:{id}"), log_out).await;
    let end = now() + Duration::days(100);
    let touched = touching.touch(id, record.version, now(), end).await;
    assert!(!touched.unwrap());
    assert_eq!(storage.load(id).await.unwrap(), None);
    assert!(!is_listed(&owner, id));
}

/// Two log-ins at once: one has told the set, and not yet written the record, while the other one conflicts.
#[tokio::test]
async fn a_log_in_is_listed_though_another_one_that_told_the_set_later_conflicts() {
    let storage = cluster::shared().storage().await;
    let owner = new_id().to_string();
    let (id, first) = created(&storage).await;
    let second = next(&first);
    let saved = save(&storage, id, &second, first.version).await;
    assert_eq!(saved, Saved::Done);
    let log_in = |record: &SessionRecord| {
        let mut logged_in = next(record);
        logged_in.owner = Some(owner.as_str().into());
        logged_in
    };
    let (late, version) = (log_in(&first), first.version);
    let other = move |storage: RedisSessionStorage| {
        let late = late.clone();
        async move {
            let saved = save(&storage, id, &late, version).await;
            assert!(matches!(saved, Saved::Conflict(Some(_))));
        }
    };
    let (record, set) = (format!("session:{id}"), format!("session:owner:{owner}"));
    let logging_in = interrupted(record, set, other).await;
    let saved = save(&logging_in, id, &log_in(&second), second.version).await;
    assert_eq!(saved, Saved::Done);
    assert_eq!(list(&storage, &owner).await, [id]);
}

//! What becomes of an ended session: in its owner's set, and of its record when its time has passed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum_bare_session::storage::{Owned, Saved, SessionStorage};
use axum_bare_session::{Duration, RedisSessionStorage, SessionId};
use redis::aio::ConnectionLike;
use redis::cluster::ClusterClient;

use super::cluster;
use super::owner_set::{HOUR, Set, created_of, list, now};
use super::refusing::{Refusing, has};
use super::server::shared;
use super::steps::{created, new_id, new_record, next};

/// Saves the session with another owner.
async fn give(storage: &RedisSessionStorage, id: SessionId, owner: Option<&str>) {
    let record = storage.load(id).await.unwrap().unwrap();
    let mut given = next(&record);
    given.owner = owner.map(Into::into);
    let saved = storage.save(id, Arc::new(given), Some(record.version));
    assert_eq!(saved.await.unwrap(), Saved::Done);
}

#[tokio::test]
async fn ending_a_session_takes_its_id_out_of_the_owners_set() {
    let storage = shared().storage().await;
    let owner = new_id().to_string();
    let mut set = Set::of(&owner);
    for age in [0, 59, 62] {
        let ids = [
            created_of(&storage, &owner).await,
            created_of(&storage, &owner).await,
        ];
        for id in ids {
            set.age(id, age);
        }
        assert!(storage.delete(ids[0]).await.unwrap());
        let one = Owned::One(ids[1]);
        let ended = storage.delete_owned(&owner, one, now()).await;
        assert_eq!(ended.unwrap(), [ids[1]]);
        for id in ids {
            assert!(!set.has(id), "{age} seconds old");
            // A save that was sent twice must find that it has ended.
            assert_eq!(set.score(id).is_some(), age < 60, "{age} seconds old");
        }
    }
}

#[tokio::test]
async fn log_ins_and_log_outs_leave_nothing_after_a_minute() {
    let storage = shared().storage().await;
    let owner = new_id().to_string();
    let mut set = Set::of(&owner);
    let mut ids = Vec::new();
    for number in 0..200 {
        let id = created_of(&storage, &owner).await;
        match number % 4 {
            0 => assert!(storage.delete(id).await.unwrap()),
            1 => give(&storage, id, None).await,
            _ => {
                let ended = storage.delete_owned(&owner, Owned::All, now()).await;
                assert_eq!(ended.unwrap(), [id]);
            }
        }
        ids.push(id);
    }
    assert!(ids.iter().all(|id| !set.has(*id)));
    let seconds = set.seconds_to_live();
    assert!((60..=120).contains(&seconds), "{seconds}");

    for id in ids {
        if set.score(id).is_some() {
            set.set_score(id, now().as_micros() as u64 / 1_000_000 - 62);
        }
    }
    let last = created_of(&storage, &owner).await;
    assert_eq!(set.len(), 1, "the next log-in drops them");
    assert!(set.has(last));
}

#[tokio::test]
async fn a_session_that_gets_another_owner_leaves_the_former_owners_set() {
    let storage = shared().storage().await;
    let [ann, ben] = [new_id().to_string(), new_id().to_string()];
    let id = created_of(&storage, &ann).await;
    let owners = [Some(&ben), None, Some(&ann), Some(&ann), Some(&ben)];
    for owner in owners {
        give(&storage, id, owner.map(String::as_str)).await;
        for set in [&ann, &ben] {
            assert_eq!(Set::of(set).has(id), Some(set) == owner, "{owner:?}");
        }
    }
}

#[tokio::test]
async fn on_a_cluster_too_a_session_leaves_the_sets_of_former_owners() {
    let storage = cluster::shared().storage().await;
    let client = ClusterClient::new(cluster::shared().urls()).unwrap();
    let mut client = client.get_connection().unwrap();
    let mut count = |owner: &str| {
        let mut count = redis::cmd("ZCOUNT");
        count.arg(format!("session:owner:{owner}"));
        count.arg(HOUR).arg("+inf");
        count.query::<usize>(&mut client).unwrap()
    };
    let [ann, ben] = [new_id().to_string(), new_id().to_string()];
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(created_of(&storage, &ann).await);
    }
    assert_eq!(count(&ann), 4);
    give(&storage, ids[0], Some(&ben)).await;
    assert_eq!((count(&ann), count(&ben)), (3, 1));
    give(&storage, ids[1], None).await;
    assert!(storage.delete(ids[2]).await.unwrap());
    assert_eq!((count(&ann), count(&ben)), (1, 1));
    let ended = storage.delete_owned(&ann, Owned::All, now()).await;
    assert_eq!(ended.unwrap(), [ids[3]]);
    assert_eq!((count(&ann), count(&ben)), (0, 1));
}

/// A connection on which `meanwhile` happens just before ann's set is told that the session is no longer hers.
fn interrupted<C: ConnectionLike>(
    connection: C,
    ann: &str,
    id: SessionId,
    meanwhile: impl Fn() + Send + Sync + 'static,
) -> Refusing<C> {
    let set = format!("session:owner:{ann}").into_bytes();
    let record = format!("session:{id}").into_bytes();
    let is_done = AtomicBool::new(false);
    Refusing::new(connection, move |packed| {
        if has(packed, &set) && !has(packed, &record) && !is_done.swap(true, Ordering::Relaxed) {
            meanwhile();
        }
        None
    })
}

/// Gives the session back to ann as another process does, on a thread of its own.
fn give_back(storage: impl AsyncFnOnce() -> RedisSessionStorage + Send, ann: &str, id: SessionId) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let work = async { give(&storage().await, id, Some(ann)).await };
            runtime.block_on(work);
        });
    });
}

#[tokio::test]
async fn a_session_that_was_given_back_meanwhile_stays_in_the_set() {
    let client = redis::Client::open(shared().url()).unwrap();
    let one = client.get_multiplexed_async_connection().await.unwrap();
    let client = ClusterClient::new(cluster::shared().urls()).unwrap();
    let split = client.get_async_connection().await.unwrap();

    let ann = new_id().to_string();
    for (plain, is_split) in [
        (shared().storage().await, false),
        (cluster::shared().storage().await, true),
    ] {
        let id = created_of(&plain, &ann).await;
        let owner = ann.clone();
        let storage = if is_split {
            let other = async || cluster::shared().storage().await;
            let back = move || give_back(other, &owner, id);
            RedisSessionStorage::from_connection(interrupted(split.clone(), &ann, id, back))
        } else {
            let other = async || shared().storage().await;
            let back = move || give_back(other, &owner, id);
            RedisSessionStorage::from_connection(interrupted(one.clone(), &ann, id, back))
        };
        give(&storage, id, Some("ben")).await;
        let record = plain.load(id).await.unwrap().unwrap();
        assert_eq!(record.owner.as_deref(), Some(&*ann), "it was given back");
        assert_eq!(list(&plain, &ann).await, [id], "split: {is_split}");
        let ended = plain.delete_owned(&ann, Owned::All, now()).await;
        assert_eq!(ended.unwrap(), [id], "split: {is_split}");
    }
}

#[tokio::test]
async fn the_server_keeps_a_record_for_five_minutes_after_its_end() {
    let storage = shared().storage().await;
    let mut client = shared().client();
    let mut seconds = |id: SessionId| {
        let mut ttl = redis::cmd("PTTL");
        ttl.arg(format!("session:{id}"));
        ttl.query::<i64>(&mut client).unwrap() / 1_000
    };
    let (id, record) = created(&storage).await;
    let hour = 3_600;
    assert!((hour + 290..=hour + 300).contains(&seconds(id)));
    let (seen, end) = (record.last_seen, record.last_seen);
    assert!(storage.touch(id, record.version, seen, end).await.unwrap());
    assert!((290..=300).contains(&seconds(id)));
    let mut second = next(&record);
    second.expires_at = end;
    let saved = storage.save(id, Arc::new(second), Some(record.version));
    assert_eq!(saved.await.unwrap(), Saved::Done);
    assert!((290..=300).contains(&seconds(id)));
}

#[tokio::test]
async fn a_request_that_came_in_time_can_still_save_an_owners_session() {
    let storage = shared().storage().await;
    let owner = new_id().to_string();
    let mut record = new_record();
    record.owner = Some(owner.as_str().into());
    record.expires_at = now() - Duration::minutes(4);
    let id = new_id();
    let saved = storage.save(id, Arc::new(record.clone()), None).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    assert_eq!(list(&storage, &owner).await, [], "it has ended");
    let mut second = next(&record);
    second.expires_at = now() + Duration::HOUR;
    let saved = storage.save(id, Arc::new(second), Some(record.version));
    assert_eq!(saved.await.unwrap(), Saved::Done);
    assert_eq!(list(&storage, &owner).await, [id]);
}

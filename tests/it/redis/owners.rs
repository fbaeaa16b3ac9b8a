use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum_bare_session::storage::{Saved, SessionRecord, SessionStorage};
use axum_bare_session::{Duration, RedisSessionStorage};
use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, RedisError};

use super::cluster;
use super::owner_set::{HOUR, Set, created_of, list, now};
use super::refusing::{Refusing, has};
use super::server::shared;
use super::steps::{created, new_id, new_record, next};

#[tokio::test]
async fn a_list_drops_ended_sessions_from_the_owners_set() {
    let storage = shared().storage().await;
    let owner = new_id().to_string();
    let (ended, live) = (
        created_of(&storage, &owner).await,
        created_of(&storage, &owner).await,
    );
    let mut set = Set::of(&owner);
    set.expire(ended);
    set.age(ended, 61);
    set.age(live, 61);
    assert_eq!(list(&storage, &owner).await, [live]);
    assert_eq!(set.score(ended), None);
    assert!(set.score(live).is_some());
}

/// Another master, which lacks the end that the list found, has the session again, and the owner can still end it.
#[tokio::test]
async fn a_list_of_a_storage_that_waits_drops_nothing() {
    let storage = shared().storage().await.with_wait(0, Duration::SECOND);
    let owner = new_id().to_string();
    let id = created_of(&storage, &owner).await;
    let mut set = Set::of(&owner);
    set.expire(id);
    set.age(id, 61);
    assert_eq!(list(&storage, &owner).await, []);
    assert!(set.has(id));
}

#[tokio::test]
async fn a_list_leaves_an_id_whose_save_may_be_under_way() {
    let storage = shared().storage().await;
    let owner = new_id().to_string();
    let id = created_of(&storage, &owner).await;
    let mut set = Set::of(&owner);
    set.expire(id);
    set.age(id, 30);
    assert_eq!(list(&storage, &owner).await, []);
    assert!(set.score(id).is_some());
}

#[tokio::test]
async fn an_owners_set_is_bounded_without_lists() {
    let storage = shared().storage().await;
    let owner = new_id().to_string();
    let mut set = Set::of(&owner);
    let hour = now().as_micros() as u64 / 3_600_000_000;
    let (past, present) = (new_id(), new_id());
    set.set_score(past, (hour - 1) * HOUR + 5);
    set.set_score(present, (hour + 1) * HOUR + 5);
    let id = created_of(&storage, &owner).await;
    assert_eq!(set.score(past), None);
    assert!(set.score(present).is_some());
    assert!(set.score(id).is_some());
    let seconds = set.seconds_to_live();
    let month = 30 * 24 * 3_600;
    assert!((month..month + 4 * 3_600).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_session_that_is_touched_for_months_stays_listed() {
    let storage = shared().storage().await;
    let owner = new_id().to_string();
    let id = created_of(&storage, &owner).await;
    let end = now() + Duration::days(100);
    let version = new_record().version;
    assert!(storage.touch(id, version, now(), end).await.unwrap());
    assert!(Set::of(&owner).seconds_to_live() > 100 * 24 * 3_600);
    let later = storage.list(&owner, now() + Duration::days(99)).await;
    assert_eq!(later.unwrap().len(), 1);
    // A save with a nearer end takes nothing back, since another one may have been told a later end.
    let record = storage.load(id).await.unwrap().unwrap();
    let mut second = next(&record);
    second.expires_at = now() + Duration::HOUR;
    let saved = storage.save(id, Arc::new(second), Some(version)).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    assert!(Set::of(&owner).seconds_to_live() > 100 * 24 * 3_600);
}

#[tokio::test]
async fn a_session_that_was_touched_for_months_leaves_the_set_when_it_ends() {
    let storage = shared().storage().await;
    let owner = new_id().to_string();
    let id = created_of(&storage, &owner).await;
    let end = now() + Duration::days(100);
    let version = new_record().version;
    assert!(storage.touch(id, version, now(), end).await.unwrap());
    assert!(Set::of(&owner).has(id));
    assert!(storage.delete(id).await.unwrap());
    assert!(!Set::of(&owner).has(id));
}

#[tokio::test]
async fn a_touch_beyond_the_owners_set_creates_nothing_and_needs_the_version() {
    let storage = shared().storage().await;
    let owner = new_id().to_string();
    let id = created_of(&storage, &owner).await;
    let end = now() + Duration::days(100);
    let version = new_record().version;
    let other = version.next();
    assert!(!storage.touch(id, other, now(), end).await.unwrap());
    storage.delete(id).await.unwrap();
    assert!(!storage.touch(id, version, now(), end).await.unwrap());
    assert_eq!(storage.load(id).await.unwrap(), None);
}

/// Lets a process die before it sends a command that has `at` among its arguments.
fn dies_at(at: Vec<u8>) -> impl Fn(&[u8]) -> Option<RedisError> {
    let is_dead = AtomicBool::new(false);
    move |packed| {
        if has(packed, &at) {
            is_dead.store(true, Ordering::Relaxed);
        }
        let died = RedisError::from((ErrorKind::Client, "the process died here"));
        is_dead.load(Ordering::Relaxed).then_some(died)
    }
}

#[tokio::test]
async fn a_crash_between_the_two_writes_of_a_cluster_hides_no_session() {
    let client = redis::cluster::ClusterClient::new(cluster::shared().urls()).unwrap();
    let connection = client.get_async_connection().await.unwrap();
    let storage = cluster::shared().storage().await;
    let (id, mut record) = created(&storage).await;
    let owner = format!("owner:{id}");
    record = next(&record);
    record.owner = Some(owner.as_str().into());
    // The record goes last. The script for both keys, which a cluster refuses, has the owner's key too.
    let at = format!("\r\n$1\r\n1\r\n$44\r\nsession:{id}");
    let dying = Refusing::new(connection, dies_at(at.into_bytes()));
    let dying = RedisSessionStorage::from_connection(dying);
    let saved = dying.save(id, Arc::new(record.clone()), Some(new_record().version));
    assert!(saved.await.is_err());

    // The set has the id, the record has no owner yet: nothing is listed.
    let set = format!("session:owner:{owner}");
    let mut client = redis::cluster::ClusterClient::new(cluster::shared().urls())
        .unwrap()
        .get_connection()
        .unwrap();
    let members: Vec<Vec<u8>> = redis::cmd("ZRANGE")
        .arg(&set)
        .arg(0)
        .arg(-1)
        .query(&mut client)
        .unwrap();
    assert_eq!(members, [id.as_bytes()]);
    assert_eq!(list(&storage, &owner).await, []);

    // The next log-in is listed.
    let saved = storage.save(id, Arc::new(record), Some(new_record().version));
    assert_eq!(saved.await.unwrap(), Saved::Done);
    assert_eq!(list(&storage, &owner).await, [id]);
}

#[tokio::test]
async fn on_one_server_a_crash_leaves_both_or_neither() {
    let client = redis::Client::open(shared().url()).unwrap();
    let inner: MultiplexedConnection = client.get_multiplexed_async_connection().await.unwrap();
    let owner = new_id().to_string();
    let key = format!("session:owner:{owner}");
    let dying = Refusing::new(inner, dies_at(key.into_bytes()));
    let storage = RedisSessionStorage::from_connection(dying);
    let (id, mut record) = (new_id(), new_record());
    record.owner = Some(owner.as_str().into());
    let saved = storage.save(id, Arc::new(record), None).await;
    assert!(saved.is_err());
    let storage = shared().storage().await;
    assert_eq!(storage.load(id).await.unwrap(), None);
    assert_eq!(Set::of(&owner).score(id), None);
    let id = created_of(&storage, &owner).await;
    assert_eq!(list(&storage, &owner).await, [id]);
}

#[tokio::test]
async fn a_save_leaves_the_owners_set_as_it_is_where_that_names_the_session_for_long_enough() {
    let storage = shared().storage().await;
    let owner = format!("owner:{}", new_id());
    let id = created_of(&storage, &owner).await;
    let mut set = Set::of(&owner);
    set.age(id, 50);
    let score = set.score(id).unwrap();
    let save = async |change: &dyn Fn(&mut SessionRecord)| {
        let current = storage.load(id).await.unwrap().unwrap();
        let mut record = next(&current);
        change(&mut record);
        let saved = storage.save(id, Arc::new(record), Some(current.version));
        assert_eq!(saved.await.unwrap(), Saved::Done);
    };
    save(&|_| {}).await;
    save(&|record| record.expires_at += Duration::days(29)).await;
    assert_eq!(set.score(id), Some(score));
    // What has ended takes it out, by the stamp that the record kept.
    save(&|record| record.expires_at += Duration::days(3)).await;
    let later = set.score(id).unwrap();
    assert!(later / HOUR >= score / HOUR + 32 * 24, "{later} {score}");
    save(&|record| record.expires_at -= Duration::days(3)).await;
    assert!(storage.delete(id).await.unwrap());
    assert!(!set.has(id));
    // A set that was evicted is put back.
    let id = created_of(&storage, &owner).await;
    set.remove();
    let current = storage.load(id).await.unwrap().unwrap();
    let second = Arc::new(next(&current));
    let saved = storage.save(id, second, Some(current.version)).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    assert_eq!(list(&storage, &owner).await, [id]);
}

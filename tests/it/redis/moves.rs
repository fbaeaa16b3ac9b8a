//! A slot that moves from one node of a Cluster to another, under a storage that does not know.

use std::fmt::Display;
use std::sync::Arc;

use axum_bare_session::storage::{Saved, SessionRecord, SessionStorage};
use axum_bare_session::{Duration, RedisSessionStorage, SessionId};
use tokio::task::spawn_blocking;

use super::cluster::Cluster;
use super::owner_set::{created_of, list};
use super::server::Server;
use super::steps::{created, new_id, new_record, next};

/// All keys lie in one slot.
const PREFIX: &str = "{moved}:";

/// `CLUSTER` with these words, sent to one node.
fn cluster<T: redis::FromRedisValue>(node: &Server, words: &[&dyn Display]) -> T {
    let mut command = redis::cmd("CLUSTER");
    for word in words {
        command.arg(word.to_string());
    }
    command.query(&mut node.client()).unwrap()
}

/// A slot on its way between two masters.
struct Move {
    nodes: Cluster,
    slot: u16,
    from: usize,
    to: usize,
}

impl Move {
    /// What is not at the one node any more is asked for at the other.
    fn begin(nodes: Cluster, key: &str) -> Self {
        let slot = cluster(&nodes.nodes[0], &[&"KEYSLOT", &key]);
        let holds = |node: &Server| cluster::<u64>(node, &[&"COUNTKEYSINSLOT", &slot]) > 0;
        let from = nodes.nodes[..3].iter().position(holds).unwrap();
        let to = (from + 1) % 3;
        let this = Self {
            nodes,
            slot,
            from,
            to,
        };
        this.set(this.to, &[&"IMPORTING", &this.id(from)]);
        this.set(this.from, &[&"MIGRATING", &this.id(to)]);
        this
    }

    fn end(&self) {
        self.hand_over();
        for node in [self.to, self.from] {
            self.set(node, &[&"NODE", &self.id(self.to)]);
        }
    }

    /// All that there is by now.
    fn hand_over(&self) {
        let words: [&dyn Display; 3] = [&"GETKEYSINSLOT", &self.slot, &100];
        let keys: Vec<String> = cluster(&self.nodes.nodes[self.from], &words);
        let mut migrate = redis::cmd("MIGRATE");
        let port = self.nodes.nodes[self.to].port;
        migrate.arg("127.0.0.1").arg(port).arg("").arg(0).arg(5_000);
        migrate.arg("KEYS").arg(keys);
        let _: String = migrate
            .query(&mut self.nodes.nodes[self.from].client())
            .unwrap();
    }

    fn id(&self, node: usize) -> String {
        cluster(&self.nodes.nodes[node], &[&"MYID"])
    }

    fn set(&self, node: usize, words: &[&dyn Display]) {
        let begin: [&dyn Display; 2] = [&"SETSLOT", &self.slot];
        let _: () = cluster(&self.nodes.nodes[node], &[&begin, words].concat());
    }
}

async fn create(storage: &RedisSessionStorage) {
    let (id, record) = created(storage).await;
    assert_eq!(**storage.load(id).await.unwrap().as_ref().unwrap(), record);
}

async fn change(storage: &RedisSessionStorage, id: SessionId) {
    let loaded = storage.load(id).await.unwrap().unwrap();
    save(storage, id, next(&loaded)).await;
}

async fn save(storage: &RedisSessionStorage, id: SessionId, record: SessionRecord) {
    let expected = u64::from(record.version) - 1;
    let saved = storage.save(id, Arc::new(record), Some(expected.into()));
    assert_eq!(saved.await.unwrap(), Saved::Done);
}

/// The first thing that a storage does after the slot has moved.
enum First {
    Load,
    Create,
    LogIn,
    Change,
    Touch,
    Delete,
}

impl First {
    const ALL: [Self; 6] = [
        Self::Load,
        Self::Create,
        Self::LogIn,
        Self::Change,
        Self::Touch,
        Self::Delete,
    ];

    async fn run(&self, storage: &RedisSessionStorage, id: SessionId, record: SessionRecord) {
        match self {
            Self::Load => assert!(storage.load(id).await.unwrap().is_some()),
            Self::Create => create(storage).await,
            Self::LogIn => {
                let mut record = new_record();
                record.owner = Some("somebody".into());
                let saved = storage.save(new_id(), Arc::new(record), None);
                assert_eq!(saved.await.unwrap(), Saved::Done);
            }
            Self::Change => save(storage, id, next(&record)).await,
            Self::Touch => {
                let (seen, end) = (record.last_seen, record.expires_at);
                let touched = storage.touch(id, record.version, seen, end);
                assert!(touched.await.unwrap());
            }
            Self::Delete => {
                storage.delete(id).await.unwrap();
                assert_eq!(storage.load(id).await.unwrap(), None);
            }
        }
    }
}

async fn assert_follows(wait: Option<Duration>) {
    let nodes = spawn_blocking(Cluster::start).await.unwrap();
    let mut storages = Vec::new();
    for first in First::ALL {
        let mut storage = nodes.storage().await.with_prefix(PREFIX);
        if let Some(wait) = wait {
            storage = storage.with_wait(1, wait);
        }
        // It knows now where the slot is.
        let (id, record) = created(&storage).await;
        storages.push((first, storage, id, record));
    }
    let (_, storage, id, _) = &storages[0];
    let moving = spawn_blocking(|| Move::begin(nodes, PREFIX)).await.unwrap();
    create(storage).await;
    change(storage, *id).await;
    let moving = spawn_blocking(move || {
        moving.end();
        moving
    });
    let moved = moving.await.unwrap();
    for (first, storage, id, record) in storages {
        first.run(&storage, id, record).await;
    }
    drop(moved);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_follows_a_slot_to_another_node() {
    assert_follows(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_follows_a_slot_to_another_node_and_waits_for_a_replica_there() {
    assert_follows(Some(Duration::seconds(2))).await;
}

/// No node has all of them: neither the one that is led away from, nor the one that is led to.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_many_slots_are_found_while_one_moves() {
    let nodes = spawn_blocking(Cluster::start).await.unwrap();
    let storage = nodes.storage().await;
    let owner = new_id().to_string();
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(created_of(&storage, &owner).await);
    }
    ids.sort_unstable();
    let key = format!("session:{}", ids[7]);
    let moving = spawn_blocking(move || {
        let moving = Move::begin(nodes, &key);
        moving.hand_over();
        moving
    });
    let moving = moving.await.unwrap();
    let mut listed = list(&storage, &owner).await;
    listed.sort_unstable();
    assert_eq!(listed, ids);
    let mut found: Vec<_> = storage.load_many(&ids).await.unwrap();
    found.sort_by_key(|(id, _)| *id);
    assert!(found.into_iter().map(|(id, _)| id).eq(ids.iter().copied()));
    // One that has ended is asked for at the other node too.
    assert!(storage.delete(ids[7]).await.unwrap());
    assert_eq!(storage.load_many(&ids).await.unwrap().len(), 19);
    let moving = spawn_blocking(move || {
        moving.end();
        moving
    });
    let _moved = moving.await.unwrap();
    assert_eq!(storage.load_many(&ids).await.unwrap().len(), 19);
}

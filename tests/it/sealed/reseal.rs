//! All sessions sealed anew, by one call.

use std::sync::Arc;

use axum_bare_session::storage::{SessionRecord, SessionStorage};
use axum_bare_session::{MemorySessionStorage, SealedSessionStorage};

use super::{browser, key, now, saved, sealed};
use crate::support::{Call, Fault, Spy, id_of};

#[tokio::test]
async fn keys_change_without_a_log_out_and_the_old_one_can_go() {
    let memory = MemorySessionStorage::new();
    let mut before = browser(sealed(&memory, 1, &[]));
    before.get("/log_in/ada").await;
    before.get("/count").await;
    let both = sealed(&memory, 2, &[1]);
    let mut browser_ = browser(both.clone());
    browser_.cookies = before.cookies.clone();
    assert_eq!(browser_.get("/read").await.body, "1");
    assert_eq!(both.reseal().await.unwrap(), 1);
    assert_eq!(both.reseal().await.unwrap(), 0);
    let mut only_new = browser(sealed(&memory, 2, &[]));
    only_new.cookies = before.cookies.clone();
    assert_eq!(only_new.get("/count").await.body, "2");
}

#[tokio::test]
async fn all_sessions_are_sealed_anew_but_those_that_no_key_opens() {
    let memory = MemorySessionStorage::new();
    let mut open = Vec::new();
    for byte in 1..=40 {
        // In the clear, by the former key, and by the first one already.
        let (id, record) = match byte % 3 {
            0 => saved(&memory, byte).await,
            1 => saved(&sealed(&memory, 1, &[]), byte).await,
            _ => saved(&sealed(&memory, 2, &[]), byte).await,
        };
        open.push((id, record));
    }
    let (lost, _) = saved(&sealed(&memory, 9, &[]), 100).await;
    let (torn, _) = saved(&sealed(&memory, 1, &[]), 101).await;
    let outer = memory.load(torn).await.unwrap().unwrap();
    let mut changed = SessionRecord::clone(&outer);
    changed.version = outer.version.next();
    let changed = memory.save(torn, Arc::new(changed), Some(outer.version));
    let _ = changed.await.unwrap();
    let unopened = [memory.load(lost).await, memory.load(torn).await];

    let storage = sealed(&memory, 2, &[1]);
    assert_eq!(storage.reseal().await.unwrap(), 13 + 14);
    assert_eq!(storage.reseal().await.unwrap(), 0);
    let only_new = sealed(&memory, 2, &[]);
    for (id, record) in open {
        let loaded = only_new.load(id).await.unwrap().unwrap();
        // What is saved once more, where it was due, has another version, and its mark.
        let without_mark = |record: &SessionRecord| {
            let json = record.to_json().unwrap();
            let mut json: serde_json::Value = serde_json::from_slice(&json).unwrap();
            let fields = json.as_object_mut().unwrap();
            fields.remove("marks");
            fields.remove("version");
            json
        };
        assert_eq!(without_mark(&loaded), without_mark(&record));
    }
    let left = [memory.load(lost).await, memory.load(torn).await];
    for (left, before) in left.into_iter().zip(unopened) {
        assert_eq!(left.unwrap(), before.unwrap());
    }
}

#[tokio::test]
async fn a_save_whose_answer_was_lost_is_known_after_a_resealing_too() {
    let memory = MemorySessionStorage::new();
    let mut before = browser(sealed(&memory, 1, &[]));
    before.get("/count").await;
    before.get("/count").await;
    let id = id_of(&before.cookies["__Host-Http-id"]);
    let storage = sealed(&memory, 2, &[1]);
    let marks = async || {
        let record = storage.load(id).await.unwrap().unwrap();
        let json: serde_json::Value = serde_json::from_slice(&record.to_json().unwrap()).unwrap();
        json["marks"].as_array().unwrap().clone()
    };
    let saved = marks().await;
    assert_eq!(storage.reseal().await.unwrap(), 1);
    let resealed = marks().await;
    // The latest last, one for each version.
    assert_eq!(resealed.len(), saved.len() + 1);
    assert_eq!(resealed[..saved.len()], saved);
}

#[tokio::test]
async fn owners_of_sessions_from_before_are_hidden_when_these_are_sealed() {
    let memory = MemorySessionStorage::new();
    let (clear, record) = saved(&memory, 1).await;
    let (open, _) = saved(&sealed(&memory, 1, &[]), 2).await;
    let hiding = sealed(&memory, 1, &[]).hiding_owners(key(3));
    let (hidden, _) = saved(&hiding, 3).await;
    assert_eq!(hiding.list("ada", now()).await.unwrap().len(), 3);
    assert_eq!(hiding.reseal().await.unwrap(), 2);
    assert_eq!(hiding.reseal().await.unwrap(), 0);
    let mut listed = hiding.list("ada", now()).await.unwrap();
    listed.sort_by_key(|(id, _)| *id);
    let ids: Vec<_> = listed.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [clear, open, hidden]);
    for (id, opened) in listed {
        assert_eq!(opened.owner, record.owner);
        let outer = memory.load(id).await.unwrap().unwrap();
        assert_ne!(outer.owner, record.owner);
    }
}

#[tokio::test]
async fn a_storage_that_names_no_sessions_is_not_sealed_anew() {
    let unnamed = Spy::<MemorySessionStorage>::default();
    let storage = SealedSessionStorage::new(unnamed, key(1), []);
    assert!(storage.reseal().await.is_err());
}

/// The answer to a creation is lost, and all is sealed anew before it is sent again.
#[tokio::test(start_paused = true)]
async fn a_creation_whose_answer_was_lost_is_not_made_again_behind_a_resealing() {
    let memory = MemorySessionStorage::new();
    let spy = Spy::over(sealed(&memory, 1, &[2]));
    let mut newcomer = browser(spy.clone());
    spy.fault(Call::Save, Fault::HangAfter);
    let gate = spy.gate(Call::Save);
    let resealed = async {
        gate.arrival().await;
        spy.fault(Call::Save, Fault::Yield);
        gate.open();
        gate.arrival().await;
        assert_eq!(sealed(&memory, 2, &[1]).reseal().await.unwrap(), 1);
        spy.heal();
        gate.open();
    };
    let (reply, ()) = tokio::join!(newcomer.get("/count"), resealed);
    assert_eq!(reply.status, 200);
    assert_eq!(memory.len(), 1);
    assert_eq!(newcomer.get("/read").await.body, "1");
}

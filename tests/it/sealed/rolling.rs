//! What the processes of before and those of after do to one another's sessions, while a change is rolled out.

use std::time::Duration as Wait;

use axum::routing::get;
use axum_bare_session::storage::{Digest, Owned, SessionRecord, SessionStorage, StorageErrorKind};
use axum_bare_session::{
    CachedSessionStorage, DefaultScope, Duration, MemorySessionStorage, SealedSessionStorage,
    Sessions, add_session_middleware,
};
use tokio::time::{sleep, timeout};

use super::{browser, key, now, saved, sealed};
use crate::support::{Browser, Call, Spy, visitor_routes, wait_for_test};

#[tokio::test]
async fn what_a_look_at_many_has_no_key_for_stands_in_no_cache() {
    let memory = MemorySessionStorage::new();
    let (id, _) = saved(&sealed(&memory, 1, &[]), 1).await;
    let cached = CachedSessionStorage::new(sealed(&memory, 2, &[]));
    let looked = cached.load_many(&[id]).await.unwrap();
    assert_eq!(looked.len(), 1);
    assert_eq!(
        looked[0].1.digest,
        Digest::from([0; 32]),
        "nothing opens it"
    );
    let error = cached.load(id).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Unavailable);
}

#[tokio::test]
async fn what_was_tampered_with_is_left_out_and_keeps_no_other_from_being_found() {
    let memory = MemorySessionStorage::new();
    let storage = sealed(&memory, 1, &[]);
    let (whole, record) = saved(&storage, 1).await;
    let (torn, _) = saved(&storage, 2).await;
    let outer = memory.load(torn).await.unwrap().unwrap();
    let mut changed = SessionRecord::clone(&outer);
    changed.version = outer.version.next();
    let changed = memory.save(torn, changed.into(), Some(outer.version));
    let _ = changed.await.unwrap();
    let found = [(whole, record)];
    assert_eq!(storage.list("ada", now()).await.unwrap(), found);
    assert_eq!(storage.load_many(&[torn, whole]).await.unwrap(), found);
}

/// A socket waits at a process that lacks the new key.
#[tokio::test]
async fn a_process_without_the_key_serves_nothing_and_loses_nothing_while_a_socket_waits() {
    let memory = MemorySessionStorage::new();
    let without = CachedSessionStorage::with_limits(
        sealed(&memory, 1, &[]),
        100,
        Duration::milliseconds(200),
    );
    let without = Sessions::builder(without).ended_within(Duration::milliseconds(100));
    let routes = visitor_routes::<DefaultScope>().route("/", get(wait_for_test));
    let mut without = Browser::new(add_session_middleware(routes, without.build().unwrap()));
    without.get("/log_in/ada").await;
    without.get("/count").await;
    let visit = without.begin().await;
    let socket = tokio::spawn(visit.session.ended());
    visit.finish().await;

    let storage = sealed(&memory, 2, &[1]);
    let mut with = browser(storage.clone());
    with.cookies = without.cookies.clone();
    assert_eq!(with.get("/count").await.body, "2");
    // The memory is stale by then, and the session was looked for several times.
    sleep(Wait::from_millis(600)).await;
    for path in ["/read", "/count", "/log_out"] {
        let status = without.clone().get(path).await.status;
        assert_eq!(status, 503, "{path}");
    }
    assert!(!socket.is_finished());
    assert_eq!(with.get("/read").await.body, "2");
    assert_eq!(storage.list("ada", now()).await.unwrap().len(), 1);

    // That the session is another secret's is known without the key.
    with.get("/log_in/ada").await;
    timeout(Wait::from_secs(5), socket).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_key_that_every_process_has_behind_its_first_comes_to_the_front_of_one_after_another() {
    let memory = MemorySessionStorage::new();
    let mut before = browser(sealed(&memory, 1, &[2]));
    let mut after = browser(sealed(&memory, 2, &[1]));
    for count in (1..8).step_by(2) {
        assert_eq!(before.get("/count").await.body, count.to_string());
        after.cookies = before.cookies.clone();
        assert_eq!(after.get("/count").await.body, (count + 1).to_string());
    }
}

#[tokio::test]
async fn a_process_that_hides_owners_finds_and_ends_those_in_the_clear_too() {
    for (which, left) in [
        (Owned::All, [false, false]),
        (Owned::One(id(1)), [false, true]),
        (Owned::One(id(2)), [true, false]),
        (Owned::AllBut(id(1)), [true, false]),
        (Owned::AllBut(id(2)), [false, true]),
    ] {
        let memory = MemorySessionStorage::new();
        let hiding = sealed(&memory, 1, &[]).hiding_owners(key(3));
        saved(&sealed(&memory, 1, &[]), 1).await;
        saved(&hiding, 2).await;
        let mut listed = hiding.list("ada", now()).await.unwrap();
        listed.sort_by_key(|(id, _)| *id);
        let owners = listed
            .iter()
            .map(|(id, record)| (*id, record.owner.as_deref()));
        let owners: Vec<_> = owners.collect();
        assert_eq!(owners, [(id(1), Some("ada")), (id(2), Some("ada"))]);

        let ended = hiding.delete_owned("ada", which, now()).await.unwrap();
        for (byte, is_left) in [1, 2].into_iter().zip(left) {
            let is_there = memory.load(id(byte)).await.unwrap().is_some();
            assert_eq!(is_there, is_left, "{which:?}");
            assert_eq!(ended.contains(&id(byte)), !is_left, "{which:?}");
        }
    }
}

/// It is no more in the clear when the hidden ones are asked for, or not yet hidden.
#[tokio::test(start_paused = true)]
async fn one_whose_owner_is_hidden_meanwhile_is_listed_once_and_ended() {
    for ends in [false, true] {
        let memory = MemorySessionStorage::new();
        saved(&sealed(&memory, 1, &[]), 1).await;
        let spy = Spy::over(memory.clone());
        let hiding = SealedSessionStorage::new(spy.clone(), key(1), []).hiding_owners(key(3));
        let gate = spy.gate(if ends { Call::DeleteOwned } else { Call::List });
        let found = async {
            if ends {
                let ended = hiding
                    .delete_owned("ada", Owned::AllBut(id(9)), now())
                    .await;
                return ended.unwrap();
            }
            let listed = hiding.list("ada", now()).await.unwrap();
            listed.into_iter().map(|(id, _)| id).collect()
        };
        let hidden = async {
            gate.arrival().await;
            gate.open();
            gate.arrival().await;
            let storage = sealed(&memory, 1, &[]).hiding_owners(key(3));
            assert_eq!(storage.reseal().await.unwrap(), u64::from(!ends));
            gate.open();
        };
        let both = async { tokio::join!(found, hidden) };
        let (found, ()) = timeout(Wait::from_secs(5), both).await.unwrap();
        assert_eq!(found, [id(1)]);
    }
}

#[tokio::test]
async fn nobody_is_taken_for_an_owner_by_the_name_that_hides_that_one() {
    let memory = MemorySessionStorage::new();
    let hiding = sealed(&memory, 1, &[]).hiding_owners(key(3));
    let (id, _) = saved(&hiding, 1).await;
    let outer = memory.load(id).await.unwrap().unwrap();
    let name = outer.owner.clone().unwrap();
    assert_eq!(hiding.list(&name, now()).await.unwrap(), []);
    let ended = hiding.delete_owned(&name, Owned::All, now()).await;
    assert_eq!(ended.unwrap(), []);
    assert_eq!(memory.load(id).await.unwrap(), Some(outer));
}

fn id(byte: u8) -> axum_bare_session::SessionId {
    uuid::Uuid::from_bytes([byte; 16]).into()
}

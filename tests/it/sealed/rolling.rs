//! What the processes of before and those of after do to one another's sessions, while a change is rolled out.

use std::time::Duration as Wait;

use axum::routing::get;
use axum_bare_session::storage::{Digest, SessionRecord, SessionStorage, StorageErrorKind};
use axum_bare_session::{
    CachedSessionStorage, DefaultScope, Duration, MemorySessionStorage, Sessions,
    add_session_middleware,
};
use tokio::time::{sleep, timeout};

use super::{browser, now, saved, sealed};
use crate::support::{Browser, visitor_routes, wait_for_test};

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

//! What a look at many sessions tells the memory.

use axum_bare_session::storage::{Digest, SessionStorage};

use super::remote::{cached, id, record, version};

/// What `ended` has told a socket, a later request of the same process knows.
#[tokio::test]
async fn a_look_at_many_that_found_what_another_process_did_is_known_to_the_next_load() {
    let (remote, cached) = cached().await;
    assert_eq!(version(&cached).await, Some(1));
    remote.save_elsewhere(id(1), record(2)).await;
    let found = cached.load_many(&[id(1)]).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(version(&cached).await, Some(2));
    assert!(remote.inner.delete(id(1)).await.unwrap());
    assert!(cached.load_many(&[id(1)]).await.unwrap().is_empty());
    assert_eq!(version(&cached).await, None);
}

/// What a newer program wrote, of which such a look may tell a part, is nothing that a load tells.
#[tokio::test]
async fn a_look_at_many_holds_nothing_that_only_a_newer_program_reads() {
    let (remote, cached) = cached().await;
    let mut part = record(2);
    part.digest = Digest::from([0; 32]);
    remote.save_elsewhere(id(1), part).await;
    assert_eq!(cached.load_many(&[id(1)]).await.unwrap().len(), 1);
    remote.save_elsewhere(id(1), record(3)).await;
    assert_eq!(version(&cached).await, Some(3));
}

use std::sync::Arc;
use std::time::Instant;

use axum_bare_session::storage::{Digest, Saved, SessionRecord, SessionStorage, Timestamp};
use axum_bare_session::{Duration, Sessions};
use futures_util::{StreamExt, stream};
use uuid::Uuid;

use crate::support::{Backend, Clock, on_each_storage};

const MANY: usize = 10_000;

/// Each call to the storage has the default time limit of 5 seconds.
async fn an_owner_of_10_000_sessions_is_listed_and_logged_out_everywhere<B: Backend>() {
    let storage = B::storage().await;
    let now = Timestamp::from(Clock::at_present().now());
    let mut record = SessionRecord::new(Digest::from([7; 32]), now, now + Duration::HOUR);
    record.owner = Some("user:42".into());
    let record = Arc::new(record);
    let created = stream::iter(0..MANY).for_each_concurrent(32, async |_| {
        let saved = storage.save(Uuid::new_v4().into(), Arc::clone(&record), None);
        assert_eq!(saved.await.unwrap(), Saved::Done);
    });
    created.await;
    let builder = Sessions::builder(storage.clone());
    // What it takes is printed, and no test of a busy machine.
    let sessions = builder.storage_timeout(Duration::MINUTE).build().unwrap();
    let begun = Instant::now();
    assert_eq!(sessions.list("user:42").await.unwrap().len(), MANY);
    let listed = begun.elapsed();
    assert_eq!(sessions.revoke_all("user:42").await.unwrap(), MANY as u64);
    println!("list {listed:?}, list and revoke {:?}", begun.elapsed());
    assert_eq!(sessions.list("user:42").await.unwrap().len(), 0);
    assert_eq!(storage.list("user:42", now).await.unwrap(), []);
}

on_each_storage! {
    an_owner_of_10_000_sessions_is_listed_and_logged_out_everywhere
}

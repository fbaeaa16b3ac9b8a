//! How many calls reach the remote storage.

use std::sync::Arc;
use std::time::Duration;

use axum_bare_session::SessionData;
use axum_bare_session::storage::{Saved, SessionStorage, Version};
use tokio::time::advance;

use super::house::House;
use super::remote::{id, record};
use crate::support::{Call, Calls, Fault, id_of};

const NONE: Calls = Calls {
    load: 0,
    save: 0,
    touch: 0,
    delete: 0,
    delete_owned: 0,
    list: 0,
};

#[tokio::test(start_paused = true)]
async fn a_hot_read_makes_no_call_and_a_stale_one_makes_one() {
    let house = House::new();
    let at_b = house.b.receives(&house.user().await);
    for _ in 0..2 {
        for _ in 0..100 {
            assert_eq!(at_b.read("x").await, Some(1));
        }
        assert_eq!(house.remote.take_calls(), Calls { load: 1, ..NONE });
        advance(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_hot_session_is_found_without_a_call_and_one_that_has_ended_is_asked_for_once_more() {
    let house = House::new();
    let browser = house.user().await;
    let id = id_of(&browser.cookies["__Host-Http-id"]);
    assert!(house.a.sessions.find(id).await.unwrap().is_some());
    assert_eq!(house.remote.take_calls(), NONE);
    house.clock.advance(axum_bare_session::Duration::days(1));
    assert!(house.a.sessions.find(id).await.unwrap().is_none());
    assert_eq!(house.remote.take_calls(), Calls { load: 1, ..NONE });
}

#[tokio::test(start_paused = true)]
async fn a_new_session_is_one_save_and_its_next_read_makes_no_call() {
    let house = House::new();
    let mut browser = house.a.browser();
    browser.visit(|session| session.insert("x", 1)).await;
    assert_eq!(house.remote.take_calls(), Calls { save: 1, ..NONE });
    assert_eq!(browser.read("x").await, Some(1));
    assert_eq!(house.remote.take_calls(), NONE);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_hot_session_is_one_save() {
    let house = House::new();
    let mut browser = house.user().await;
    for x in 2..5 {
        browser.visit(|session| session.insert("x", x)).await;
        assert_eq!(house.remote.take_calls(), Calls { save: 1, ..NONE });
        assert_eq!(browser.read("x").await, Some(x));
        assert_eq!(house.remote.take_calls(), NONE);
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_out_is_one_deletion_and_the_dead_cookie_costs_a_load() {
    let house = House::new();
    let mut browser = house.user().await;
    let old = browser.clone();
    let destroy = |session: &SessionData| {
        session.destroy();
        Ok(())
    };
    browser.visit(destroy).await;
    assert_eq!(house.remote.take_calls(), Calls { delete: 1, ..NONE });
    for _ in 0..2 {
        assert!(!old.is_known().await);
        assert_eq!(house.remote.take_calls(), Calls { load: 1, ..NONE });
    }
}

#[tokio::test(start_paused = true)]
async fn a_due_touch_is_one_call_and_moves_the_times_in_memory() {
    let house = House::new();
    let browser = house.user().await;
    house.clock.advance(axum_bare_session::Duration::hours(2));
    assert!(browser.is_known().await);
    assert_eq!(house.remote.take_calls(), Calls { touch: 1, ..NONE });
    assert!(browser.is_known().await);
    assert_eq!(house.remote.take_calls(), NONE, "it is no longer due");
    let session = browser.begin().await.session;
    let end = house.clock.now() + axum_bare_session::Duration::hours(24);
    assert_eq!(session.expires_at(), Some(end));
}

#[tokio::test(start_paused = true)]
async fn a_conflict_brings_the_present_record_into_memory() {
    let house = House::new();
    let storage = &house.b.storage;
    let saved = house.remote.inner.save(id(1), Arc::new(record(1)), None);
    assert_eq!(saved.await.unwrap(), Saved::Done);
    let present = Some(Arc::new(record(1)));
    let late = storage.save(id(1), Arc::new(record(8)), Some(Version::from(7)));
    assert_eq!(late.await.unwrap(), Saved::Conflict(present.clone()));
    house.remote.take_calls();
    assert_eq!(storage.load(id(1)).await.unwrap(), present);
    assert_eq!(house.remote.take_calls(), NONE);
}

#[tokio::test(start_paused = true)]
async fn a_clean_up_under_a_clock_that_ran_ahead_leaves_later_sessions_hot() {
    let house = House::new();
    let storage = &house.b.storage;
    let ahead = record(1).expires_at;
    assert_eq!(storage.delete_expired(ahead).await.unwrap(), 0);
    let saved = storage.save(id(1), Arc::new(record(1)), None).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    house.remote.take_calls();
    for _ in 0..10 {
        assert_eq!(
            storage.load(id(1)).await.unwrap().as_deref(),
            Some(&record(1))
        );
    }
    assert_eq!(house.remote.take_calls(), NONE);
}

#[tokio::test(start_paused = true)]
async fn lists_are_never_answered_from_memory() {
    let house = House::new();
    house.user().await;
    for _ in 0..2 {
        assert_eq!(house.a.sessions.list("user:42").await.unwrap().len(), 1);
        assert_eq!(house.remote.take_calls(), Calls { list: 1, ..NONE });
    }
}

#[tokio::test(start_paused = true)]
async fn a_remote_storage_that_is_down_fails_a_read_only_when_it_is_stale_and_each_write() {
    let house = House::new();
    let browser = house.user().await;
    for call in [Call::Load, Call::Save, Call::Delete] {
        house.remote.fault(call, Fault::Fail);
    }
    assert_eq!(browser.read("x").await, Some(1));
    let visit = browser.begin().await;
    visit.session.insert("x", 2).unwrap();
    assert_eq!(visit.finish().await.status, 503);
    // Whether that write was applied is not known: the memory no longer answers.
    assert!(house.a.storage.load(house.id().await).await.is_err());
    house.remote.heal();
    assert_eq!(browser.read("x").await, Some(1));
    house.remote.fault(Call::Load, Fault::Fail);
    assert_eq!(browser.read("x").await, Some(1));
    advance(Duration::from_secs(1)).await;
    assert!(house.a.storage.load(house.id().await).await.is_err());
}

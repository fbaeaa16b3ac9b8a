//! What one process does to a session that another one holds in memory.

use std::time::Duration;

use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{SessionData, SigningKey};
use tokio::time::advance;

use super::house::{House, Node};
use crate::support::{Browser, Call, Calls, Clock, Fault, Spy};

/// The default bound.
const BOUND: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_nanos(1);

/// A session that both nodes hold, with a browser at each.
async fn held_by_both(house: &House) -> (Browser, Browser) {
    let at_a = house.user().await;
    let at_b = house.b.receives(&at_a);
    assert_eq!(at_b.read("x").await, Some(1));
    house.remote.take_calls();
    (at_a, at_b)
}

#[tokio::test(start_paused = true)]
async fn a_revocation_elsewhere_is_seen_at_the_bound_and_not_a_nanosecond_later() {
    let house = House::new();
    let (at_a, at_b) = held_by_both(&house).await;
    assert_eq!(house.a.sessions.revoke_all("user:42").await.unwrap(), 1);
    assert!(!at_a.is_known().await, "at once where it was revoked");
    advance(BOUND - TICK).await;
    assert!(
        at_b.is_known().await,
        "the bound is what is stated, not less"
    );
    advance(TICK).await;
    assert!(!at_b.is_known().await);
    assert!(house.remote.inner.is_empty());
}

#[tokio::test(start_paused = true)]
async fn reads_put_the_bound_off_no_further() {
    let house = House::new();
    let (_, at_b) = held_by_both(&house).await;
    house.a.sessions.revoke_all("user:42").await.unwrap();
    for _ in 0..9 {
        advance(BOUND / 10).await;
        assert!(at_b.is_known().await);
    }
    advance(BOUND / 10).await;
    assert!(!at_b.is_known().await);
}

#[tokio::test(start_paused = true)]
async fn a_late_write_after_a_revocation_elsewhere_changes_nothing_and_is_told_of_it() {
    let house = House::new();
    let (_, mut at_b) = held_by_both(&house).await;
    house.a.sessions.revoke_all("user:42").await.unwrap();
    let reply = at_b.visit(|session| session.insert("y", 1)).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert!(house.remote.inner.is_empty());
    assert!(
        !at_b.is_known().await,
        "before the bound, since it was told"
    );
}

#[tokio::test(start_paused = true)]
async fn a_touch_after_a_revocation_elsewhere_revives_nothing_and_is_told_of_it() {
    let house = House::new();
    let (_, at_b) = held_by_both(&house).await;
    house.a.sessions.revoke_all("user:42").await.unwrap();
    house.clock.advance(axum_bare_session::Duration::hours(2));
    assert!(at_b.is_known().await);
    assert_eq!(house.remote.take_calls().touch, 1);
    assert!(house.remote.inner.is_empty());
    assert!(
        !at_b.is_known().await,
        "before the bound, since it was told"
    );
}

#[tokio::test(start_paused = true)]
async fn a_write_over_a_stale_read_conflicts_and_keeps_both_keys() {
    let house = House::new();
    let (mut at_a, mut at_b) = held_by_both(&house).await;
    at_a.visit(|session| session.insert("from_a", 1)).await;
    house.remote.take_calls();
    let write = |session: &SessionData| {
        assert!(!session.contains_key("from_a"), "the read was stale");
        session.insert("from_b", 1)
    };
    assert_eq!(at_b.visit(write).await.status, 200);
    let saves = Calls {
        save: 2,
        ..Calls::default()
    };
    assert_eq!(house.remote.take_calls(), saves, "a conflict and a replay");
    let keys = ["from_a", "from_b", "x"];
    assert_eq!(at_b.keys().await, keys);
    advance(BOUND).await;
    assert_eq!(at_a.keys().await, keys);
}

#[tokio::test(start_paused = true)]
async fn an_update_over_a_stale_read_counts_both() {
    let house = House::new();
    let (mut at_a, mut at_b) = held_by_both(&house).await;
    let double = |session: &SessionData| {
        session
            .update("x", |x: Option<u64>| x.unwrap() * 2)
            .map(drop)
    };
    for _ in 0..3 {
        at_a.visit(double).await;
        at_b.visit(double).await;
    }
    assert_eq!(at_b.read("x").await, Some(64));
}

#[tokio::test(start_paused = true)]
async fn after_a_renewal_elsewhere_the_new_secret_opens_at_once_and_the_old_one_reads_until_then() {
    let house = House::new();
    let (mut at_a, old) = held_by_both(&house).await;
    at_a.visit(|session| session.renew()).await;
    let new = house.b.receives(&at_a);
    assert_ne!(old.cookie(), new.cookie());
    assert!(
        !house.a.receives(&old).is_known().await,
        "at once where it was renewed"
    );
    assert!(at_a.is_known().await);
    assert!(old.is_known().await);
    assert!(new.is_known().await);
    assert!(
        !old.is_known().await,
        "the memory has learnt of the renewal"
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_renewal_elsewhere_the_old_secret_reads_until_the_bound_at_most() {
    let house = House::new();
    let (mut at_a, old) = held_by_both(&house).await;
    at_a.visit(|session| session.renew()).await;
    advance(BOUND - TICK).await;
    assert!(old.is_known().await);
    advance(TICK).await;
    assert!(!old.is_known().await);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_from_a_log_in_to_another_node_finds_the_user_and_the_next_read_is_hot() {
    let house = House::new();
    let (mut at_a, _) = held_by_both(&house).await;
    let log_in = |session: &SessionData| {
        session.insert("x", 2)?;
        session.log_in("user:42")
    };
    at_a.visit(log_in).await;
    house.remote.take_calls();
    let at_b = house.b.receives(&at_a);
    let visit = at_b.begin().await;
    assert_eq!(visit.session.owner().as_deref(), Some("user:42"));
    assert_eq!(visit.session.get("x").unwrap(), Some(2));
    visit.finish().await;
    assert_eq!(house.remote.take_calls().total(), 1);
    assert_eq!(at_b.read("x").await, Some(2));
    assert_eq!(house.remote.take_calls().total(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_prolonged_elsewhere_in_its_last_moment_is_alive_here() {
    let house = House::new();
    let at_a = house.user().await;
    house
        .clock
        .advance(axum_bare_session::Duration::hours(24) - axum_bare_session::Duration::MILLISECOND);
    // Node B holds the session as it was before node A's touch.
    let before = house.remote.inner.load(house.id().await).await.unwrap();
    assert_eq!(
        house.b.storage.load(house.id().await).await.unwrap(),
        before
    );
    assert!(at_a.is_known().await);
    house
        .clock
        .advance(axum_bare_session::Duration::MILLISECOND);
    assert!(house.b.receives(&at_a).is_known().await);
}

#[tokio::test(start_paused = true)]
async fn a_late_writer_with_the_old_secret_ends_as_if_there_were_no_cache() {
    let house = House::new();
    let (mut at_a, mut old) = held_by_both(&house).await;
    let log_in = |session: &SessionData| {
        session.insert("x", 2)?;
        session.log_in("user:42")
    };
    at_a.visit(log_in).await;
    let write = |session: &SessionData| {
        session.insert("x", 9)?;
        session.insert("y", 9)
    };
    let reply = old.visit(write).await;
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert!(
        !old.is_known().await,
        "the conflict has told of the renewal"
    );
    let new = house.b.receives(&at_a);
    assert_eq!(new.read("x").await, Some(2));
    assert_eq!(new.read("y").await, Some(9));
}

#[tokio::test(start_paused = true)]
async fn a_reload_sees_a_log_out_here_at_once_and_one_elsewhere_at_the_bound() {
    let house = House::new();
    let (at_a, at_b) = held_by_both(&house).await;
    let (here, there) = (at_a.begin().await, at_b.begin().await);
    house.a.sessions.revoke_all("user:42").await.unwrap();
    assert!(!here.session.reload().await.unwrap());
    assert!(there.session.reload().await.unwrap());
    advance(BOUND).await;
    assert!(!there.session.reload().await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_write_with_the_new_secret_keeps_the_log_in() {
    let house = House::new();
    let (mut at_a, _) = held_by_both(&house).await;
    at_a.visit(|session| session.log_in("user:7")).await;
    let mut at_b = house.b.receives(&at_a);
    at_b.visit(|session| session.insert("y", 1)).await;
    assert_eq!(at_b.cookie(), at_a.cookie());
    let owner = at_b.begin().await.session.owner();
    assert_eq!(owner.as_deref(), Some("user:7"));
}

#[tokio::test(start_paused = true)]
async fn a_reload_sees_a_renewal_that_another_node_has_told_this_one_of() {
    let house = House::new();
    let (mut at_a, at_b) = held_by_both(&house).await;
    let before = at_b.begin().await;
    at_a.visit(|session| session.renew()).await;
    let after = house.b.receives(&at_a).begin().await;
    assert!(after.session.reload().await.unwrap());
    assert!(!before.session.reload().await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn wrong_secrets_neither_fill_nor_empty_the_memory() {
    let house = House::new();
    let (_, at_b) = held_by_both(&house).await;
    let value = at_b.cookies["__Host-Http-id"].clone();
    let (id, secret) = value.split_at(22);
    let wrong = format!(
        "__Host-Http-id={id}{}",
        secret.chars().rev().collect::<String>()
    );
    let unknown = format!("__Host-Http-id={}", value.chars().rev().collect::<String>());
    for cookie in [&wrong, &unknown] {
        for _ in 0..50 {
            let visit = house.b.browser().begin_with_cookie(cookie).await;
            assert!(visit.session.is_new());
            visit.finish().await;
        }
    }
    assert_eq!(house.remote.take_calls().load, 100);
    assert_eq!(house.b.storage.len(), 1);
    assert_eq!(at_b.read("x").await, Some(1));
    assert_eq!(house.remote.take_calls().load, 0, "it is still held");
}

#[tokio::test(start_paused = true)]
async fn a_remote_storage_that_is_down_makes_a_wrong_secret_an_error_and_nobody_anonymous() {
    let house = House::new();
    let (mut at_a, at_b) = held_by_both(&house).await;
    at_a.visit(|session| session.renew()).await;
    house.remote.fault(Call::Load, Fault::Fail);
    let mut new = house.b.receives(&at_a);
    assert_eq!(new.get("/count").await.status, 503);
    assert!(at_b.is_known().await, "what is in memory is not asked for");
    house.remote.heal();
    assert!(new.is_known().await);
}

/// A cookie that an older key has signed is sent again: not by a node that has not heard of the log-in at another one.
#[tokio::test(start_paused = true)]
async fn a_cookie_that_a_log_in_elsewhere_has_replaced_is_not_sent_again() {
    let [old, new] = [1, 2].map(|byte| SigningKey::new([byte; 32]).unwrap());
    let (remote, clock) = (Spy::new(), Clock::new());
    let node = |keys: &[&SigningKey]| {
        let keys: Vec<_> = keys.iter().map(|key| (*key).clone()).collect();
        Node::configured(&remote, &clock, |builder| builder.signing_keys(keys))
    };
    let (before, a, b) = (node(&[&old]), node(&[&new, &old]), node(&[&new, &old]));
    let mut browser = before.browser();
    browser.visit(|session| session.insert("x", 1)).await;
    let at_a = a.receives(&browser).begin().await;
    let mut at_b = b.receives(&browser);
    at_b.visit(|session| session.log_in("user:42")).await;
    assert_eq!(at_a.finish().await.set_cookies(), [""; 0]);
    assert_eq!(at_b.read("x").await, Some(1));
}

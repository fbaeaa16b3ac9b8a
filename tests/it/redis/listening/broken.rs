use std::time::{Duration as Wait, Instant};

use axum_bare_session::{CachedSessionStorage, Duration};
use tokio::time::sleep;
use uuid::Uuid;

use super::{change, create, held_by, until, version};
use crate::redis::proxy::{Cut, Proxy};
use crate::redis::server::Server;

/// A session is deleted in the same moment in which all connections but the test's own are killed.
#[tokio::test]
async fn what_was_missed_while_connections_were_killed_is_forgotten() {
    let server = Server::start(&[]);
    let (cached, elsewhere, _) = held_by(server.storage().await).await;
    let mut client = server.client();
    for _ in 0..10 {
        let (id, record) = create(&elsewhere).await;
        until(&cached, id, Some(record.version)).await;
        let mut missed = redis::pipe();
        missed.cmd("CLIENT").arg("KILL").arg("TYPE").arg("normal");
        missed.cmd("DEL").arg(format!("session:{id}"));
        missed.exec(&mut client).unwrap();
        until(&cached, id, None).await;
    }
}

#[tokio::test]
async fn a_server_that_was_killed_and_is_back_without_its_data_is_heard_again() {
    let mut server = Server::start(&[]);
    let (cached, elsewhere, id) = held_by(server.storage().await).await;
    server.kill();
    sleep(Wait::from_secs(1)).await;
    assert!(version(&cached, id).await.is_some(), "it is still held");
    server.restart();
    until(&cached, id, None).await;
    let (id, record) = create(&elsewhere).await;
    until(&cached, id, Some(record.version)).await;
    let changed = change(&elsewhere, id).await;
    until(&cached, id, Some(changed)).await;
}

#[tokio::test]
async fn a_server_that_was_paused_is_heard_again() {
    let mut server = Server::start(&[]);
    let (cached, elsewhere, id) = held_by(server.storage().await).await;
    // Longer than it waits for an answer.
    server.pause();
    sleep(Wait::from_secs(4)).await;
    assert!(version(&cached, id).await.is_some(), "it is still held");
    server.resume();
    let changed = change(&elsewhere, id).await;
    until(&cached, id, Some(changed)).await;
}

async fn until_cut(proxy: &Proxy) {
    let begun = Instant::now();
    while !proxy.has_cut() {
        assert!(begun.elapsed() < Wait::from_secs(20), "nothing asks");
        sleep(Wait::from_millis(10)).await;
    }
}

/// Neither side learns of it: the network swallows what the server tells.
#[tokio::test]
async fn where_the_network_swallows_everything_the_bound_holds_until_it_listens_anew() {
    let server = Server::start(&[]);
    let proxy = Proxy::start(server.port).await;
    let elsewhere = server.storage().await;
    let remote = proxy.storage().await;
    let bound = Duration::milliseconds(300);
    let cached = CachedSessionStorage::with_limits(remote, 100, bound);
    let cached = cached.listening().await.unwrap();
    let (id, record) = create(&elsewhere).await;
    until(&cached, id, Some(record.version)).await;
    proxy.cut_at("TRACKING", Cut::Never);
    until_cut(&proxy).await;
    for _ in 0..3 {
        until(&cached, id, version(&elsewhere, id).await).await;
        let changed = change(&elsewhere, id).await;
        let heard = until(&cached, id, Some(changed)).await;
        // The bound, and what a busy machine adds.
        assert!(heard < Wait::from_millis(1_000), "{heard:?}");
    }

    let remote = proxy.storage().await;
    let (cached, _, id) = held_by(remote).await;
    proxy.cut_at("TRACKING", Cut::Never);
    until_cut(&proxy).await;
    let changed = change(&elsewhere, id).await;
    assert_ne!(version(&cached, id).await, Some(changed), "it is deaf");
    until(&cached, id, Some(changed)).await;
}

/// The messages come while nobody reads them.
#[tokio::test]
async fn where_more_is_told_than_can_wait_everything_is_forgotten() {
    let server = Server::start(&[]);
    let (cached, _, id) = held_by(server.storage().await).await;
    let mut client = server.client();
    let key = format!("session:{id}");
    redis::cmd("DEL").arg(key).exec(&mut client).unwrap();
    for number in 0..5_000 {
        let key = format!("session:{}", Uuid::from_u128(number));
        redis::cmd("SET").arg(key).arg(1).exec(&mut client).unwrap();
    }
    until(&cached, id, None).await;
}

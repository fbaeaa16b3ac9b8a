use std::error::Error;
use std::sync::Arc;
use std::time::{Duration as Wait, Instant};

use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{CachedSessionStorage, Duration, RedisSessionStorage};
use tokio::time::sleep;

use super::{create, held_by};
use crate::redis::server::Server;

#[tokio::test]
async fn it_needs_one_permission_more_which_is_named() {
    let server = Server::start(&[]);
    let mut client = server.client();
    let permit = |client: &mut redis::Connection, rights: &[&str]| {
        let mut set = redis::cmd("ACL");
        set.arg("SETUSER")
            .arg("sessions")
            .arg(rights)
            .exec(client)
            .unwrap();
    };
    permit(
        &mut client,
        &["reset", "on", ">s3cr3t", "~session:*", "+@all", "-client"],
    );
    let url = format!("redis://sessions:s3cr3t@127.0.0.1:{}", server.port);
    let storage = RedisSessionStorage::connect(&url).await.unwrap();
    let cached = CachedSessionStorage::new(storage.clone());
    let refused = cached.listening().await.unwrap_err();
    let source = refused.source().unwrap().to_string();
    assert!(
        source.contains("CLIENT|TRACKING") && source.contains("+client|tracking"),
        "{source}"
    );
    permit(&mut client, &["+client|tracking"]);
    held_by(storage).await;
}

#[tokio::test]
async fn a_connection_of_the_applications_tells_nothing() {
    let server = Server::start(&[]);
    let client = redis::Client::open(server.url()).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let storage = RedisSessionStorage::from_connection(connection);
    let refused = CachedSessionStorage::new(storage).listening().await;
    let source = refused.unwrap_err().source().unwrap().to_string();
    assert!(source.contains("RedisSessionStorage::connect"), "{source}");
}

#[tokio::test]
async fn the_connection_ends_with_the_cache() {
    let server = Server::start(&[]);
    let (cached, ..) = held_by(server.storage().await).await;
    let listens = || {
        let mut list = redis::cmd("CLIENT");
        let clients: String = list.arg("LIST").query(&mut server.client()).unwrap();
        clients.contains("flags=tB") || clients.contains("cmd=client|tracking")
    };
    assert!(listens());
    drop(cached);
    let begun = Instant::now();
    while listens() {
        assert!(begun.elapsed() < Wait::from_secs(20), "it goes on");
        sleep(Wait::from_millis(10)).await;
    }
}

/// What is around a storage hears as the storage does.
#[cfg(feature = "sealed")]
#[tokio::test]
async fn a_cache_around_a_sealed_storage_hears_too() {
    use axum_bare_session::{SealedSessionStorage, SealingKey};

    let server = Server::start(&[]);
    let elsewhere = server.storage().await;
    let sealed = SealedSessionStorage::new(elsewhere.clone(), SealingKey::new([1; 32]), []);
    let cached = CachedSessionStorage::with_limits(Arc::new(sealed), 100, Duration::HOUR);
    let cached = cached.listening().await.unwrap();
    let (id, _) = create(&cached).await;
    // What is told of the creation has come by then.
    sleep(Wait::from_millis(100)).await;
    assert!(cached.load(id).await.unwrap().is_some());
    assert!(elsewhere.delete(id).await.unwrap());
    let begun = Instant::now();
    while cached.load(id).await.unwrap().is_some() {
        assert!(begun.elapsed() < Wait::from_secs(20), "it is never heard");
        sleep(Wait::from_millis(1)).await;
    }
}

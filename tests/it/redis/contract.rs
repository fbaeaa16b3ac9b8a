use axum_bare_session::storage::conformance::TwoHandles;
use axum_bare_session::storage_conformance;

use super::{cluster, server};

storage_conformance!(one_server, server::shared().storage().await);
storage_conformance!(cluster_of_six, cluster::shared().storage().await);
storage_conformance!(
    two_processes,
    TwoHandles::new(
        server::shared().storage().await,
        server::shared().storage().await
    )
);
storage_conformance!(given_connection, given().await);
storage_conformance!(given_cluster_connection, given_cluster().await);

async fn given() -> axum_bare_session::RedisSessionStorage {
    let client = redis::Client::open(server::shared().url()).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    axum_bare_session::RedisSessionStorage::from_connection(connection).with_prefix("given:")
}

/// The storage finds out by itself that owners and sessions lie on several nodes.
async fn given_cluster() -> axum_bare_session::RedisSessionStorage {
    let client = redis::cluster::ClusterClient::new(cluster::shared().urls()).unwrap();
    let connection = client.get_async_connection().await.unwrap();
    axum_bare_session::RedisSessionStorage::from_connection(connection).with_prefix("given:")
}

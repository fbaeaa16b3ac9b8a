//! A planned switch of primaries: the one before takes no more writes, keeps its connections and answers reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use axum_bare_session::storage::{Owned, Saved, SessionStorage};
use axum_bare_session::{MySqlSessionStorage, SessionId};
use futures_util::future::join_all;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::mysql::{PASSWORD, admin, builder, server, url};
use super::table::record;

/// Leads each new connection to the server at a port, and those that there are nowhere else.
async fn lead(to: Arc<AtomicU16>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let to = ("127.0.0.1", to.load(Ordering::SeqCst));
            tokio::spawn(async move {
                let mut server = TcpStream::connect(to).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    port
}

async fn has_connections(admin: &mut Conn) -> bool {
    let count = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app'";
    admin.query_first::<u64, _>(count).await.unwrap().unwrap() > 0
}

/// Whatever is written first after a switch is written at the new primary, and no connection stays at the one before.
#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_takes_no_more_writes_is_left_with_all_connections() {
    let servers = [server(), server()];
    let (mut direct, mut admins) = (Vec::new(), Vec::new());
    for server in &servers {
        direct.push(builder(server).await.migrate().await.unwrap());
        admins.push(admin(server).await);
    }
    let to = Arc::new(AtomicU16::new(servers[0].port));
    let led = lead(Arc::clone(&to)).await;
    let url =
        url(&servers[0], PASSWORD).replace(&format!(":{}/", servers[0].port), &format!(":{led}/"));
    let storage = MySqlSessionStorage::connect(&url).await.unwrap();
    let owned = record(Some("ann"));
    for (round, what) in ["save", "delete_owned", "delete_expired"]
        .into_iter()
        .enumerate()
    {
        let (before, after) = (round % 2, (round + 1) % 2);
        let id: SessionId = Uuid::new_v4().into();
        for direct in &direct {
            let saved = direct.save(id, Arc::clone(&owned), None).await.unwrap();
            assert_eq!(saved, Saved::Done);
        }
        let loads = (0..64).map(|_| storage.load(id));
        for loaded in join_all(loads).await {
            assert!(loaded.unwrap().is_some());
        }
        // Those of the direct storages are not counted.
        direct.clear();

        let read_only = |is_so: bool| format!("SET GLOBAL read_only = {}", u8::from(is_so));
        admins[before].query_drop(read_only(true)).await.unwrap();
        to.store(servers[after].port, Ordering::SeqCst);
        match what {
            "save" => {
                let saved = storage
                    .save(Uuid::new_v4().into(), record(None), None)
                    .await;
                assert_eq!(saved.unwrap(), Saved::Done);
            }
            "delete_owned" => {
                let ended = storage
                    .delete_owned("ann", Owned::All, owned.last_seen)
                    .await;
                assert!(ended.unwrap().contains(&id));
            }
            _ => {
                let deleted = storage.delete_expired(owned.expires_at).await;
                assert_ne!(deleted.unwrap(), 0);
            }
        }
        let left = async {
            while has_connections(&mut admins[before]).await {
                sleep(Duration::from_millis(20)).await;
            }
        };
        let left = timeout(Duration::from_secs(5), left).await;
        left.unwrap_or_else(|_| panic!("connections stay after {what}"));
        admins[before].query_drop(read_only(false)).await.unwrap();
        for server in &servers {
            direct.push(builder(server).await.connect().await.unwrap());
        }
    }
}

//! A planned switch of primaries: the one before takes no more writes, keeps its connections and answers reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use axum_bare_session::storage::{Owned, Saved, SessionStorage, StorageError};
use axum_bare_session::{MySqlSessionStorage, SessionId};
use futures_util::future::join_all;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::mysql::{PASSWORD, admin, builder, server, url};
use super::server::Server;
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

/// A storage whose connections are led.
async fn led(server: &Server, to: &Arc<AtomicU16>) -> MySqlSessionStorage {
    let led = lead(Arc::clone(to)).await;
    let url = url(server, PASSWORD).replace(&format!(":{}/", server.port), &format!(":{led}/"));
    MySqlSessionStorage::connect(&url).await.unwrap()
}

async fn set_read_only(admin: &mut Conn, is_so: bool) {
    let set = format!("SET GLOBAL read_only = {}", u8::from(is_so));
    admin.query_drop(set).await.unwrap();
}

async fn has_connections(admin: &mut Conn) -> bool {
    let count = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app'";
    admin.query_first::<u64, _>(count).await.unwrap().unwrap() > 0
}

/// How many connections a server has accepted.
async fn accepted(admin: &mut Conn) -> u64 {
    let count = "SELECT variable_value FROM information_schema.global_status \
                 WHERE variable_name = 'CONNECTIONS'";
    admin.query_first(count).await.unwrap().unwrap()
}

async fn load_in_parallel(storage: &MySqlSessionStorage, id: SessionId) {
    for loaded in join_all((0..64).map(|_| storage.load(id))).await {
        assert!(loaded.unwrap().is_some());
    }
}

async fn create(storage: &MySqlSessionStorage) -> Result<Saved, StorageError> {
    let id = Uuid::new_v4().into();
    storage.save(id, record(None), None).await
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
    let storage = led(&servers[0], &to).await;
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
        load_in_parallel(&storage, id).await;
        // Those of the direct storages are not counted.
        direct.clear();

        set_read_only(&mut admins[before], true).await;
        to.store(servers[after].port, Ordering::SeqCst);
        match what {
            "save" => {
                assert_eq!(create(&storage).await.unwrap(), Saved::Done);
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
        set_read_only(&mut admins[before], false).await;
        for server in &servers {
            direct.push(builder(server).await.connect().await.unwrap());
        }
    }
}

/// The primary before answers reads, and does not know of who logged in at the new one.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_began_at_the_new_primary_are_ended_with_all_of_an_owner() {
    for knows_one in [true, false] {
        let servers = [server(), server()];
        let mut direct = Vec::new();
        for server in &servers {
            direct.push(builder(server).await.migrate().await.unwrap());
        }
        let to = Arc::new(AtomicU16::new(servers[0].port));
        let storage = led(&servers[0], &to).await;
        let owned = record(Some("ann"));
        let [known, latest] = [Uuid::new_v4(), Uuid::new_v4()].map(SessionId::from);
        let knowing = &direct[usize::from(!knows_one)..];
        for direct in knowing {
            let _ = direct.save(known, Arc::clone(&owned), None).await.unwrap();
        }
        load_nobody(&storage).await;
        set_read_only(&mut admin(&servers[0]).await, true).await;
        to.store(servers[1].port, Ordering::SeqCst);
        let _ = direct[1]
            .save(latest, Arc::clone(&owned), None)
            .await
            .unwrap();
        let end = async |which| {
            let ended = storage.delete_owned("ann", which, owned.last_seen).await;
            let mut ended = ended.unwrap();
            ended.sort_unstable();
            ended
        };
        if knows_one {
            let mut expected = vec![known, latest];
            expected.sort_unstable();
            assert_eq!(end(Owned::All).await, expected);
        } else {
            // The first that is written after the switch.
            assert_eq!(end(Owned::One(latest)).await, [latest]);
            assert_eq!(end(Owned::All).await, [known]);
        }
        assert!(direct[1].load(latest).await.unwrap().is_none());
    }
}

async fn load_nobody(storage: &MySqlSessionStorage) {
    assert!(storage.load(Uuid::nil().into()).await.unwrap().is_none());
}

/// A write is refused before anything leads to the new primary. From then on reads find the way by themselves.
#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_refused_a_write_is_left_by_reads() {
    let servers = [server(), server()];
    let id: SessionId = Uuid::new_v4().into();
    let mut admins = Vec::new();
    for server in &servers {
        let direct = builder(server).await.migrate().await.unwrap();
        let saved = direct.save(id, record(None), None).await.unwrap();
        assert_eq!(saved, Saved::Done);
        admins.push(admin(server).await);
    }
    let to = Arc::new(AtomicU16::new(servers[0].port));
    let storage = led(&servers[0], &to).await;
    load_in_parallel(&storage, id).await;
    set_read_only(&mut admins[0], true).await;
    create(&storage).await.unwrap_err();
    // What is dialled anew meanwhile leads to the one before too.
    let refused = Instant::now();
    while refused.elapsed() < Duration::from_secs(3) {
        load_in_parallel(&storage, id).await;
    }
    assert!(has_connections(&mut admins[0]).await);

    to.store(servers[1].port, Ordering::SeqCst);
    let left = async {
        while has_connections(&mut admins[0]).await {
            load_in_parallel(&storage, id).await;
            sleep(Duration::from_millis(20)).await;
        }
    };
    let left = timeout(Duration::from_secs(5), left).await;
    left.expect("connections stay, by reads alone");
    assert_eq!(create(&storage).await.unwrap(), Saved::Done);
}

/// While a server takes no writes, each that is refused does not have all calls dial anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_takes_no_writes_for_a_while_is_not_dialled_anew_by_each() {
    let server = server();
    let storage = builder(&server).await.migrate().await.unwrap();
    let id: SessionId = Uuid::new_v4().into();
    let saved = storage.save(id, record(None), None).await.unwrap();
    assert_eq!(saved, Saved::Done);
    let mut admin = admin(&server).await;
    set_read_only(&mut admin, true).await;
    let before = accepted(&mut admin).await;
    let began = Instant::now();
    let is_on = || began.elapsed() < Duration::from_secs(2);
    let writers = join_all((0..8).map(async |_| {
        while is_on() {
            create(&storage).await.unwrap_err();
        }
    }));
    let readers = join_all((0..8).map(async |_| {
        while is_on() {
            assert!(storage.load(id).await.unwrap().is_some());
        }
    }));
    tokio::join!(writers, readers);
    // At most 16 and one that asks what kind of server it is, in each second.
    let generations = 2 + began.elapsed().as_secs();
    let dialled = accepted(&mut admin).await - before;
    assert!(
        dialled <= 17 * generations,
        "{dialled} connections were dialled"
    );
    set_read_only(&mut admin, false).await;
    assert_eq!(create(&storage).await.unwrap(), Saved::Done);
    // Once it takes writes, none is dialled any more.
    sleep(Duration::from_millis(1_100)).await;
    load_in_parallel(&storage, id).await;
    let before = accepted(&mut admin).await;
    sleep(Duration::from_millis(1_100)).await;
    assert!(storage.load(id).await.unwrap().is_some());
    assert_eq!(accepted(&mut admin).await, before);
}

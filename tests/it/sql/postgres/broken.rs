//! Connections that break, are closed, and stay as many as they were.

use std::time::Duration;

use axum::http::StatusCode;
use axum_bare_session::Sessions;
use axum_bare_session::storage::{Saved, SessionRecord, SessionStorage};
use futures_util::future::join_all;
use tokio::time::{sleep, timeout};
use tokio_postgres::Client;
use uuid::Uuid;

use super::{SHARED, builder, client, execute, number, shared, url};
use crate::sql::app::app;
use crate::sql::database::new_table;
use crate::sql::table::record;

/// The condition of one application's connections in `pg_stat_activity`.
struct Named {
    name: String,
    observer: Client,
}

impl Named {
    async fn new(name: &str) -> Self {
        let observer = shared().await;
        let name = name.to_owned();
        Self { name, observer }
    }

    async fn count(&self) -> i64 {
        let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name";
        number(&self.observer, &format!("{count} = '{}'", self.name)).await
    }

    /// The sum of the servers' processes, which is the same for the same connections.
    async fn processes(&self) -> i64 {
        let sum = "SELECT sum(pid) FROM pg_stat_activity WHERE application_name";
        number(&self.observer, &format!("{sum} = '{}'", self.name)).await
    }

    /// Closes all, also those that are being dialled, and waits until the client has seen it.
    async fn close(&self) {
        let close =
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name";
        let mut quiet = 0;
        while quiet < 3 {
            quiet = if self.count().await == 0 {
                quiet + 1
            } else {
                0
            };
            execute(&self.observer, &format!("{close} = '{}'", self.name)).await;
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn builder(&self) -> axum_bare_session::storage::PostgresSessionStorageBuilder {
        client(&SHARED).await;
        let url = format!("{}&application_name={}", url(&SHARED), self.name);
        axum_bare_session::PostgresSessionStorage::builder(&url).table(new_table())
    }
}

/// Neither a read nor a write, a creation among them, is an error for a visitor where the server closed what was idle.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_were_closed_while_idle_fail_no_request() {
    let named = Named::new("idle").await;
    let storage = named.builder().await.migrate().await.unwrap();
    let newcomer = app(storage);
    let mut visitors: Vec<_> = (0..40).map(|_| newcomer.clone()).collect();
    for round in 1..4 {
        let requests = visitors.iter_mut().map(|visitor| visitor.post("/count"));
        for reply in join_all(requests).await {
            assert_eq!(reply.status, StatusCode::OK);
        }
        named.close().await;
        for visitor in &mut visitors {
            assert_eq!(visitor.get("/counted").await.body, round.to_string());
        }
        named.close().await;
        let created = newcomer.clone().post("/count").await;
        assert_eq!(created.status, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_given_up_close_no_connection() {
    let named = Named::new("given_up").await;
    let table = new_table();
    let builder = named.builder().await.table(table.clone()).connections(4);
    let storage = builder.migrate().await.unwrap();
    let id = Uuid::new_v4().into();
    let save = || storage.save(id, record(None), None);
    while named.count().await < 4 {
        join_all((0..64).map(|_| save())).await;
        join_all((0..64).map(|_| storage.load(id))).await;
    }
    let processes = named.processes().await;

    let mut locker = shared().await;
    let lock = locker.transaction().await.unwrap();
    let locked = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
    lock.batch_execute(&locked).await.unwrap();
    let patience = Duration::from_millis(30);
    for given_up in join_all((0..64).map(|_| timeout(patience, save()))).await {
        assert!(given_up.is_err(), "it waits for the lock");
    }
    for given_up in join_all((0..64).map(|_| timeout(patience, storage.load(id)))).await {
        assert!(given_up.is_err(), "it waits for the lock");
    }
    lock.commit().await.unwrap();
    for loaded in join_all((0..64).map(|_| storage.load(id))).await {
        assert!(loaded.unwrap().is_some());
    }
    assert_eq!(named.processes().await, processes, "they are the same ones");
}

/// A server that waits for a lock does not notice that a connection was given up, and keeps it.
#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_given_up_for_long_leave_no_more_connections_than_twice_as_many_as_there_may_be()
 {
    let named = Named::new("locked").await;
    let table = new_table();
    let builder = named.builder().await.table(table.clone()).connections(4);
    let storage = builder.migrate().await.unwrap();
    let id = Uuid::new_v4().into();
    let save = || storage.save(id, record(None), None);
    join_all((0..64).map(|_| save())).await;

    let mut locker = shared().await;
    let lock = locker.transaction().await.unwrap();
    let locked = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
    lock.batch_execute(&locked).await.unwrap();
    let mut most = 0;
    for _ in 0..20 {
        let patience = Duration::from_millis(150);
        let saves = join_all((0..64).map(|_| timeout(patience, save())));
        let loads = join_all((0..64).map(|_| timeout(patience, storage.load(id))));
        let (saves, loads) = tokio::join!(saves, loads);
        // Also without waiting, where the connections that there are wait for answers themselves.
        assert!(saves.iter().all(|saved| !matches!(saved, Ok(Ok(_)))));
        assert!(loads.iter().all(|loaded| !matches!(loaded, Ok(Ok(_)))));
        most = most.max(named.count().await);
    }
    assert!((5..=8).contains(&most), "{most} connections");
    lock.commit().await.unwrap();
    assert!(storage.load(id).await.unwrap().is_some());
    while named.count().await > 4 {
        sleep(Duration::from_millis(20)).await;
    }
}

/// Where more connections are refused, those that there are do the work.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_room_for_more_connections_fails_no_request() {
    let named = Named::new("few").await;
    execute(
        &named.observer,
        "CREATE USER few PASSWORD 'few' CONNECTION LIMIT 3",
    )
    .await;
    execute(&named.observer, "GRANT ALL ON SCHEMA public TO few").await;
    let url = url(&SHARED).replace(&format!("app:{}", super::PASSWORD), "few:few");
    let builder = axum_bare_session::PostgresSessionStorage::builder(&url).table(new_table());
    let newcomer = app(builder.migrate().await.unwrap());
    let mut visitors: Vec<_> = (0..40).map(|_| newcomer.clone()).collect();
    for _ in 0..3 {
        let requests = visitors.iter_mut().map(|visitor| visitor.post("/count"));
        for reply in join_all(requests).await {
            assert_eq!(reply.status, StatusCode::OK);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_three_thousand_sessions_are_ended_by_one_statement() {
    let table = new_table();
    let storage = builder(&SHARED)
        .await
        .table(table.clone())
        .migrate()
        .await
        .unwrap();
    let owned = record(Some("ann"));
    let json = String::from_utf8(owned.to_json().unwrap()).unwrap();
    let observer = shared().await;
    execute(
        &observer,
        &format!(
            "INSERT INTO {table} SELECT gen_random_uuid(), 1, now(), now() + interval '1 hour', 'ann', '{json}' \
             FROM generate_series(1, 3000);\n\
             CREATE TABLE {table}_log (text text);\n\
             CREATE FUNCTION {table}_log() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN INSERT INTO {table}_log VALUES (''); RETURN NULL; END $$;\n\
             CREATE TRIGGER log AFTER DELETE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_log();"
        ),
    )
    .await;
    let ended = Sessions::from(storage).revoke_all("ann").await.unwrap();
    assert_eq!(ended, 3000);
    let statements = format!("SELECT count(*) FROM {table}_log");
    assert_eq!(number(&observer, &statements).await, 1);
}

/// The driver's own tasks end with it, and with the runtime that it was made on.
#[test]
fn a_storage_outlives_the_runtime_that_it_was_made_on() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let first = runtime();
    let storage = first.block_on(async {
        let storage = builder(&SHARED).await.table(new_table()).migrate().await;
        storage.unwrap()
    });
    drop(first);
    runtime().block_on(async {
        let id = Uuid::new_v4().into();
        let _ = storage.save(id, record(None), None).await.unwrap();
        assert!(storage.load(id).await.unwrap().is_some());
    });
}

/// It waits for what is being written, and looks again at what that has made of the row.
#[tokio::test(flavor = "multi_thread")]
async fn a_clean_up_leaves_a_session_that_a_request_is_just_prolonging() {
    let (client, table) = (shared().await, new_table());
    let storage = builder(&SHARED).await.table(table.clone());
    let storage = storage.migrate().await.unwrap();
    let live = record(None);
    let mut expired = SessionRecord::clone(&live);
    expired.expires_at = live.last_seen;
    let id = Uuid::new_v4().into();
    let saved = storage.save(id, expired.into(), None).await;
    assert_eq!(saved.unwrap(), Saved::Done);
    let name = table.to_string();
    execute(&client, "BEGIN").await;
    let prolong = format!("UPDATE {name} SET expires_at = expires_at + interval '1 hour'");
    assert_eq!(execute(&client, &prolong).await, 1);
    let clean_up = tokio::spawn({
        let storage = storage.clone();
        async move { storage.delete_expired(live.last_seen).await }
    });
    sleep(Duration::from_millis(500)).await;
    assert!(!clean_up.is_finished(), "it waits for the row");
    execute(&client, "COMMIT").await;
    assert_eq!(clean_up.await.unwrap().unwrap(), 0);
    assert!(storage.load(id).await.unwrap().is_some());
}

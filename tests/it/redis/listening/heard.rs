use std::time::{Duration as Wait, Instant};

use axum_bare_session::storage::{Owned, SessionStorage};
use axum_bare_session::{Duration, RedisSessionStorage};
use tokio::time::sleep;

use super::{change, create, held_by, listening, now, until, version};
use crate::redis::server::Server;
use crate::support::{Backend, on_storage};

async fn what_another_process_does_is_heard<B: Backend<Storage = RedisSessionStorage>>() {
    let (cached, elsewhere, id) = held_by(B::storage().await).await;
    let changed = change(&elsewhere, id).await;
    until(&cached, id, Some(changed)).await;

    let end = now() + Duration::minutes(7);
    assert!(elsewhere.touch(id, changed, now(), end).await.unwrap());
    let begun = Instant::now();
    while cached.load(id).await.unwrap().unwrap().expires_at != end {
        assert!(begun.elapsed() < Wait::from_secs(20), "no touch is heard");
        sleep(Wait::from_millis(1)).await;
    }

    assert!(elsewhere.delete(id).await.unwrap());
    until(&cached, id, None).await;

    let (id, record) = create(&elsewhere).await;
    until(&cached, id, Some(record.version)).await;
    let ended = elsewhere.delete_owned("ada", Owned::All, now()).await;
    assert_eq!(ended.unwrap(), [id]);
    until(&cached, id, None).await;
}

/// Of any node of a Cluster.
async fn what_happens_to_many_sessions_is_heard<B: Backend<Storage = RedisSessionStorage>>() {
    let elsewhere = B::storage().await;
    let cached = listening(elsewhere.clone()).await;
    let mut ids = Vec::new();
    for _ in 0..100 {
        let (id, record) = create(&elsewhere).await;
        until(&cached, id, Some(record.version)).await;
        ids.push(id);
    }
    for id in &ids {
        let changed = change(&elsewhere, *id).await;
        until(&cached, *id, Some(changed)).await;
    }
    let ended = elsewhere.delete_owned("ada", Owned::All, now()).await;
    assert_eq!(ended.unwrap().len(), 100);
    for id in ids {
        until(&cached, id, None).await;
    }
}

on_storage! { one_server crate::redis::OneServer,
    what_another_process_does_is_heard
    what_happens_to_many_sessions_is_heard
}
on_storage! { sentinel crate::redis::OneMaster,
    what_another_process_does_is_heard
    what_happens_to_many_sessions_is_heard
}
on_storage! { cluster crate::redis::SixNodes,
    what_another_process_does_is_heard
    what_happens_to_many_sessions_is_heard
}

#[tokio::test]
async fn what_somebody_does_by_hand_is_heard() {
    let server = Server::start(&[]);
    let (cached, elsewhere, id) = held_by(server.storage().await).await;
    let key = format!("session:{id}");
    redis::cmd("DEL")
        .arg(key)
        .exec(&mut server.client())
        .unwrap();
    until(&cached, id, None).await;
    let (id, record) = create(&elsewhere).await;
    until(&cached, id, Some(record.version)).await;
    redis::cmd("FLUSHALL").exec(&mut server.client()).unwrap();
    until(&cached, id, None).await;
}

#[tokio::test]
async fn other_programs_keys_and_other_prefixes_make_it_forget_nothing() {
    let server = Server::start(&[]);
    let (cached, elsewhere, id) = held_by(server.storage().await).await;
    let mut client = server.client();
    for key in ["x", "session:owner:ada", "session:x", &format!("{id}")] {
        redis::cmd("DEL").arg(key).exec(&mut client).unwrap();
    }
    create(&elsewhere.clone().with_prefix("shop:")).await;
    create(&elsewhere).await;
    sleep(Wait::from_millis(100)).await;
    let mut reset = redis::cmd("CONFIG");
    reset.arg("RESETSTAT").exec(&mut client).unwrap();
    assert!(version(&cached, id).await.is_some());
    assert!(!server.info("commandstats").contains("cmdstat_get:"));
}

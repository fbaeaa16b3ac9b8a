use std::sync::Arc;

use axum_bare_session::storage::{Owned, Saved, SessionRecord, SessionStorage, Timestamp, Version};
use axum_bare_session::{Duration, OffsetDateTime, RedisSessionStorage, SessionId, Sessions};

use super::app::{app, app_with, visitor};
use super::owner_set::created_of;
use super::proxy::{Cut, Proxy};
use super::server::shared;
use super::steps::{created, new_id, new_record, next};
use crate::support::Browser;

const CUTS: [Cut; 2] = [Cut::BeforeArrival, Cut::AfterReply];

async fn stored(storage: &RedisSessionStorage, id: SessionId) -> Arc<SessionRecord> {
    storage.load(id).await.unwrap().unwrap()
}

/// Only the middleware knows its own write among others', so it is the one that sends it again.
#[tokio::test]
async fn a_save_over_a_cut_connection_is_sent_once() {
    let proxy = Proxy::start(shared().port).await;
    let storage = proxy.storage().await;
    for cut in CUTS {
        let (id, first) = created(&storage).await;
        let second = Arc::new(next(&first));
        let save = async || storage.save(id, second.clone(), Some(first.version)).await;
        proxy.cut(cut);
        assert!(save().await.is_err(), "{cut:?}");
        assert!(proxy.has_cut());
        let again = match cut {
            Cut::AfterReply => Saved::Conflict(Some(second.clone())),
            _ => Saved::Done,
        };
        assert_eq!(save().await.unwrap(), again, "{cut:?}");
        assert_eq!(stored(&storage, id).await, second);
    }
}

#[tokio::test]
async fn a_creation_over_a_cut_connection_is_applied_once() {
    let proxy = Proxy::start(shared().port).await;
    let storage = proxy.storage().await;
    for cut in CUTS {
        proxy.cut(cut);
        let (id, record) = created(&storage).await;
        assert!(proxy.has_cut(), "{cut:?}");
        assert_eq!(*stored(&storage, id).await, record);
    }
}

#[tokio::test]
async fn every_other_call_survives_a_cut_connection() {
    let proxy = Proxy::start(shared().port).await;
    let storage = proxy.storage().await;
    for cut in CUTS {
        let id = new_id();
        let mut record = new_record();
        let owner = format!("owner:{id}");
        record.owner = Some(owner.as_str().into());
        proxy.cut(cut);
        let saved = storage.save(id, Arc::new(record.clone()), None).await;
        assert_eq!(saved.unwrap(), Saved::Done, "{cut:?}");
        record.expires_at += Duration::MINUTE;
        proxy.cut(cut);
        let (seen, end) = (record.last_seen, record.expires_at);
        let touched = storage.touch(id, record.version, seen, end).await;
        assert!(touched.unwrap(), "{cut:?}");
        proxy.cut(cut);
        assert_eq!(*stored(&storage, id).await, record);
        proxy.cut(cut);
        let now = Timestamp::from(OffsetDateTime::now_utc());
        assert_eq!(storage.list(&owner, now).await.unwrap().len(), 1);
        proxy.cut(cut);
        assert!(storage.delete(id).await.unwrap(), "{cut:?}");
        assert!(proxy.has_cut());
        assert_eq!(storage.load(id).await.unwrap(), None);
        assert!(!storage.delete(id).await.unwrap(), "it is gone");
    }
}

#[tokio::test]
async fn an_owners_sessions_end_over_a_cut_connection() {
    let proxy = Proxy::start(shared().port).await;
    let storage = proxy.storage().await;
    for command in ["ZRANGEBYSCORE", "EVALSHA"] {
        for cut in CUTS {
            let owner = new_id().to_string();
            let ids = [
                created_of(&storage, &owner).await,
                created_of(&storage, &owner).await,
            ];
            proxy.cut_at(command, cut);
            let now = Timestamp::from(OffsetDateTime::now_utc());
            let ended = storage.delete_owned(&owner, Owned::All, now).await;
            assert!(proxy.has_cut());
            // What a first attempt removed whose answer was lost is told by none.
            let is_told = command != "EVALSHA" || cut == Cut::BeforeArrival;
            assert_eq!(ended.unwrap().len(), if is_told { 2 } else { 0 });
            for id in ids {
                assert_eq!(storage.load(id).await.unwrap(), None, "{command} {cut:?}");
            }
        }
    }
}

#[tokio::test]
async fn requests_over_cut_connections_count_once() {
    let proxy = Proxy::start(shared().port).await;
    let app = app(proxy.storage().await);
    let mut browser = visitor(&app).await;
    for cut in CUTS {
        for _ in 0..3 {
            for command in ["GET", "EVALSHA"] {
                proxy.cut_at(command, cut);
                let status = browser.get("/visit").await.status;
                assert_eq!(status, 200, "{command} {cut:?}");
                assert!(proxy.has_cut());
            }
        }
    }
    assert_eq!(browser.get("/read").await.body, "13");
}

#[tokio::test]
async fn a_connection_that_swallows_everything_is_replaced() {
    let proxy = Proxy::start(shared().port).await;
    let limit = Duration::milliseconds(300);
    let sessions = Sessions::builder(proxy.storage().await).storage_timeout(limit);
    let app = app_with(sessions);
    let mut browser = visitor(&app).await;
    proxy.cut(Cut::Never);
    assert_eq!(browser.get("/visit").await.status, 503);
    assert!(proxy.has_cut());
    assert_eq!(browser.get("/visit").await.status, 200);
    assert_eq!(browser.get("/read").await.body, "2");
}

#[tokio::test]
async fn a_request_that_was_applied_counts_once_though_others_count_before_it_is_sent_again() {
    let proxy = Proxy::start(shared().port).await;
    let (app, other) = (app(proxy.storage().await), app(shared().storage().await));
    for cut in CUTS {
        for others in [1, 4, 14] {
            let mut browser = visitor(&app).await;
            let mut elsewhere = Browser::new(other.clone());
            elsewhere.cookies = browser.cookies.clone();
            let count = async move {
                for _ in 0..others {
                    assert_eq!(elsewhere.get("/visit").await.status, 200);
                }
            };
            proxy.cut_at_and("EVALSHA", cut, count);
            assert_eq!(browser.get("/visit").await.status, 200, "{cut:?}");
            assert!(proxy.has_cut());
            let visits = (2 + others).to_string();
            assert_eq!(browser.get("/read").await.body, visits, "{cut:?} {others}");
        }
    }
}

#[tokio::test]
async fn a_request_whose_fate_nobody_can_tell_is_an_error() {
    let proxy = Proxy::start(shared().port).await;
    let (app, other) = (app(proxy.storage().await), app(shared().storage().await));
    for cut in CUTS {
        let mut browser = visitor(&app).await;
        let mut elsewhere = Browser::new(other.clone());
        elsewhere.cookies = browser.cookies.clone();
        let count = async move {
            for _ in 0..20 {
                assert_eq!(elsewhere.get("/visit").await.status, 200);
            }
        };
        proxy.cut_at_and("EVALSHA", cut, count);
        let status = browser.get("/visit").await.status;
        assert!(
            status.is_client_error() || status.is_server_error(),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_retry_revives_no_session_that_was_deleted_meanwhile() {
    let proxy = Proxy::start(shared().port).await;
    let (storage, other) = (proxy.storage().await, shared().storage().await);
    let revoke = |id: SessionId| {
        let other = other.clone();
        async move { assert!(other.delete(id).await.unwrap()) }
    };

    let (id, first) = created(&storage).await;
    let second = Arc::new(next(&first));
    let save = async || storage.save(id, second.clone(), Some(Version::FIRST)).await;
    proxy.cut_and(Cut::AfterReply, revoke(id));
    assert!(save().await.is_err());
    assert_eq!(save().await.unwrap(), Saved::Conflict(None));
    assert_eq!(storage.load(id).await.unwrap(), None);

    let id = new_id();
    let mut record = new_record();
    record.owner = Some(format!("owner:{id}").into());
    proxy.cut_and(Cut::AfterReply, revoke(id));
    let saved = storage.save(id, Arc::new(record), None).await.unwrap();
    assert_eq!(saved, Saved::Conflict(None));
    assert_eq!(storage.load(id).await.unwrap(), None);
}

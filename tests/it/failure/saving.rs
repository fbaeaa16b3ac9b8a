use std::error::Error;

use axum_bare_session::storage::{StorageError, StorageErrorKind};
use axum_bare_session::{Duration, SessionError};

use crate::support::{Browser, Call, Calls, Fault, Reply, Setup, Work};

/// A response of which nothing may get out.
async fn loud(browser: &Browser, work: Work) -> Reply {
    let visit = browser.begin().await;
    work(&visit.session).unwrap();
    let headers = [
        ("location", "/done"),
        ("set-cookie", "other=1"),
        ("x-handler", "1"),
    ];
    visit
        .respond((axum::http::StatusCode::FOUND, headers, "a body"))
        .await
}

fn assert_replaced(reply: &Reply) {
    assert_eq!((reply.status.as_u16(), &*reply.body), (503, ""));
    assert_eq!(reply.headers["retry-after"], "1");
    for name in ["location", "set-cookie", "x-handler", "content-type"] {
        assert!(!reply.headers.contains_key(name), "{name}");
    }
}

const WRITES: [Work; 5] = [
    |s| s.insert("x", 2),
    |s| s.update("x", |x: Option<u64>| x.unwrap_or(0) + 1).map(drop),
    |s| {
        s.clear();
        Ok(())
    },
    |s| s.renew(),
    |s| s.log_in("user:42"),
];

#[tokio::test]
async fn a_save_that_fails_replaces_the_whole_response_and_changes_nothing() {
    for work in WRITES {
        for fault in [Fault::Fail, Fault::Conflict] {
            let setup = Setup::new();
            let browser = setup.visitor().await;
            setup.storage.fault(Call::Save, fault);
            assert_replaced(&loud(&browser, work).await);
            setup.storage.heal();
            assert_eq!(browser.read("x").await, Some(1));
            assert_eq!(browser.begin().await.session.owner(), None);
        }
    }
}

#[tokio::test]
async fn a_first_save_that_fails_sends_no_cookie() {
    let setup = Setup::new();
    setup.storage.fault(Call::Save, Fault::Fail);
    let reply = loud(&setup.browser(), |session| session.insert("x", 1)).await;
    assert_replaced(&reply);
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_log_out_that_fails_says_so_and_can_be_tried_again() {
    let setup = Setup::new();
    let mut browser = setup.user("user:42").await;
    let log_out: Work = |session| {
        session.destroy();
        Ok(())
    };
    setup.storage.fault(Call::Delete, Fault::Fail);
    assert_replaced(&loud(&browser, log_out).await);
    assert!(browser.is_known().await);
    setup.storage.heal();
    browser.visit(log_out).await;
    assert!(browser.cookies.is_empty());
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_flash_message_that_cannot_be_saved_replaces_the_response_of_the_log_out() {
    let setup = Setup::new();
    let browser = setup.user("user:42").await;
    setup.storage.fault(Call::Save, Fault::Fail);
    let work: Work = |session| {
        session.destroy();
        session.insert("flash", "bye")
    };
    assert_replaced(&loud(&browser, work).await);
    assert!(!browser.is_known().await);
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_touch_that_fails_harms_no_request() {
    let setup = Setup::configured(|builder| builder.max_age(Duration::days(5)));
    let mut browser = setup.visitor().await;
    setup.clock.advance(Duration::hours(2));
    setup.storage.fault(Call::Touch, Fault::Fail);
    let reply = browser
        .visit(|session| session.get::<u64>("x").map(|_| ()))
        .await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (200, "done"));
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert_eq!(setup.storage.take_calls().touch, 1);
    setup.storage.heal();
    let reply = browser.visit(|_| Ok(())).await;
    assert_eq!(reply.set_cookies().len(), 1, "tried again");
}

#[tokio::test]
async fn an_unread_session_needs_no_storage_that_works() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    for call in [Call::Save, Call::Touch, Call::Delete] {
        setup.storage.fault(call, Fault::Fail);
    }
    assert_eq!(browser.read("x").await, Some(1));
    let load = Calls {
        load: 1,
        ..Calls::default()
    };
    assert_eq!(setup.storage.take_calls(), load);
}

#[tokio::test]
async fn an_error_of_the_storage_keeps_its_source() {
    let setup = Setup::new();
    let visit = setup.visitor().await.begin().await;
    visit.session.insert("x", 2).unwrap();
    setup.storage.fault(Call::Save, Fault::Fail);
    let error = visit.session.save().await.unwrap_err();
    assert!(matches!(error, SessionError::Storage(_)));
    let storage = error.source().unwrap().downcast_ref::<StorageError>();
    let storage = storage.expect("a `StorageError`");
    assert_eq!(storage.kind(), StorageErrorKind::Unavailable);
    let cause = storage.source().unwrap().to_string();
    assert_eq!(cause, "the test's storage is down");
}

#[tokio::test]
async fn a_revocation_that_fails_says_so() {
    let setup = Setup::new();
    let browser = setup.user("user:42").await;
    let id = browser.begin().await.session.id().unwrap();
    setup.storage.fault(Call::Delete, Fault::Fail);
    setup.storage.fault(Call::DeleteOwned, Fault::Fail);
    let error = setup.sessions.revoke(id).await.unwrap_err();
    assert!(matches!(error, SessionError::Storage(_)));
    assert!(setup.sessions.revoke_all("user:42").await.is_err());
    setup.storage.heal();
    setup.storage.fault(Call::List, Fault::Fail);
    assert!(setup.sessions.list("user:42").await.is_err());
    assert!(browser.is_known().await);
}

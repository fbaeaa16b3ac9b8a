use axum_bare_session::SessionData;

use crate::support::{Call, Calls, Fault, Log, Setup};

#[tokio::test]
async fn a_record_that_cannot_be_decoded_is_deleted_and_its_visitor_starts_afresh() {
    let log = Log::new();
    let setup = Setup::new();
    let browser = setup.visitor().await;
    setup.storage.fault(Call::Load, Fault::Malformed);
    let visit = browser.begin().await;
    assert!(visit.session.is_new());
    assert!(visit.session.is_empty());
    let reply = visit.finish().await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (200, "done"));
    assert_eq!(reply.set_cookies(), [""; 0]);
    let calls = Calls {
        load: 1,
        delete: 1,
        ..Calls::default()
    };
    assert_eq!(setup.storage.take_calls(), calls);
    assert!(setup.storage.inner.is_empty());
    let text = log.text();
    assert!(text.contains("session record cannot be decoded: deleted"));
    assert!(text.contains("malformed at `digest`"));
}

#[tokio::test]
async fn a_write_over_a_record_that_cannot_be_decoded_makes_a_new_session() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let old = browser.cookies["__Host-Http-id"].clone();
    setup.storage.fault(Call::Load, Fault::Malformed);
    let reply = browser.visit(|session| session.insert("y", 1)).await;
    let new = reply.new_cookie().unwrap();
    assert_ne!(new[..21], old[..21], "another id");
    assert_ne!(new[22..], old[22..], "another secret");
    setup.storage.heal();
    assert_eq!(browser.keys().await, ["y"]);
    assert_eq!(setup.storage.inner.len(), 1);
}

#[tokio::test]
async fn a_record_that_can_be_neither_decoded_nor_deleted_is_a_503() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    setup.storage.fault(Call::Load, Fault::Malformed);
    setup.storage.fault(Call::Delete, Fault::Fail);
    let reply = browser.get("/").await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (503, ""));
}

#[tokio::test]
async fn a_record_of_a_newer_format_is_left_untouched() {
    let log = Log::new();
    let setup = Setup::new();
    let browser = setup.visitor().await;
    setup.storage.fault(Call::Load, Fault::NewerFormat);
    let mut downgraded = browser.clone();
    let work = |session: &SessionData| {
        assert!(session.is_new());
        session.destroy();
        session.insert("y", 1)
    };
    let reply = downgraded.visit(work).await;
    assert_eq!(reply.status, 200);
    assert!(reply.new_cookie().is_some());
    assert_eq!(setup.storage.take_calls().delete, 0);
    assert!(log.text().contains("newer format: left as it is"));
    setup.storage.heal();
    assert_eq!(browser.read("x").await, Some(1));
    assert_eq!(setup.storage.inner.len(), 2);
}

#[tokio::test]
async fn a_reload_of_garbage_ends_the_session_without_a_panic() {
    for (fault, left) in [(Fault::Malformed, 0), (Fault::NewerFormat, 1)] {
        let setup = Setup::new();
        let visit = setup.visitor().await.begin().await;
        setup.storage.fault(Call::Load, fault);
        assert!(!visit.session.reload().await.unwrap());
        assert!(visit.session.insert("y", 1).is_err());
        assert_eq!(visit.finish().await.status, 200);
        assert_eq!(setup.storage.inner.len(), left);
    }
}

use axum_bare_session::{Duration, SessionData};

use crate::support::{Call, Calls, Fault, Setup};

#[tokio::test]
async fn a_late_write_is_stored_by_save_and_not_before() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let session = visit.session.clone();
    visit.finish().await;
    session.insert("x", 2).unwrap();
    assert_eq!(session.get("x").unwrap(), Some(2));
    assert_eq!(browser.read("x").await, Some(1));
    session.save().await.unwrap();
    assert_eq!(browser.read("x").await, Some(2));
}

#[tokio::test]
async fn a_spawned_task_can_write_and_save_after_the_response() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let session = visit.session.clone();
    let (sent, response) = tokio::sync::oneshot::channel();
    let task = tokio::spawn(async move {
        response.await.unwrap();
        session.update("x", |x: Option<u64>| x.unwrap_or(0) + 1)?;
        session.save().await
    });
    visit.finish().await;
    sent.send(()).unwrap();
    task.await.unwrap().unwrap();
    assert_eq!(browser.read("x").await, Some(2));
}

#[tokio::test]
async fn a_save_inside_the_handler_still_sends_the_cookie() {
    let setup = Setup::new();
    let mut browser = setup.browser();
    let visit = browser.begin().await;
    visit.session.insert("x", 1).unwrap();
    visit.session.save().await.unwrap();
    assert!(!visit.session.is_new());
    assert_eq!(setup.storage.inner.len(), 1);
    visit.session.insert("y", 1).unwrap();
    let reply = visit.finish().await;
    assert_eq!(reply.set_cookies().len(), 1);
    browser.keep(&reply);
    assert_eq!(browser.keys().await, ["x", "y"]);
    assert_eq!(setup.storage.inner.len(), 1);
}

#[tokio::test]
async fn a_log_in_saved_inside_the_handler_still_sends_the_new_cookie_alone() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let old = browser.clone();
    let visit = browser.begin().await;
    visit.session.log_in("user:42").unwrap();
    visit.session.save().await.unwrap();
    visit.session.insert("y", 1).unwrap();
    visit.session.save().await.unwrap();
    let reply = visit.finish().await;
    assert_eq!(reply.set_cookies().len(), 1);
    browser.keep(&reply);
    assert_eq!(browser.keys().await, ["x", "y"]);
    assert!(!old.is_known().await);
}

#[tokio::test]
async fn a_destruction_saved_inside_the_handler_still_removes_the_cookie() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.destroy();
    visit.session.save().await.unwrap();
    assert!(setup.storage.inner.is_empty());
    visit.session.revert();
    assert!(visit.session.is_empty(), "what is saved cannot be undone");
    let reply = visit.finish().await;
    assert_eq!(reply.set_cookies().len(), 1);
    assert_eq!(reply.new_cookie(), None);
    assert_eq!(setup.storage.take_calls().delete, 1);
}

#[tokio::test]
async fn saving_twice_stores_once() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.insert("x", 2).unwrap();
    visit.session.save().await.unwrap();
    visit.session.save().await.unwrap();
    let late = visit.session.clone();
    visit.finish().await;
    late.save().await.unwrap();
    let calls = Calls {
        load: 2,
        save: 1,
        ..Calls::default()
    };
    assert_eq!(setup.storage.take_calls(), calls);
}

#[tokio::test]
async fn two_clones_that_save_at_once_store_each_change_once() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    setup.storage.fault(Call::Save, Fault::Yield);
    let visit = browser.begin().await;
    let add = async |session: SessionData| {
        let count = |n: Option<u64>| n.unwrap_or(0) + 1;
        session.update("n", count).unwrap();
        session.save().await.unwrap();
    };
    tokio::join!(add(visit.session.clone()), add(visit.session.clone()));
    visit.finish().await;
    assert_eq!(browser.read("n").await, Some(2));
}

#[tokio::test]
async fn what_is_written_while_a_save_is_under_way_is_kept_for_the_next() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let session = visit.session.clone();
    visit.finish().await;
    session
        .update("x", |x: Option<u64>| x.unwrap_or(0) + 1)
        .unwrap();
    let gate = setup.storage.gate(Call::Save);
    let saving = tokio::spawn({
        let session = session.clone();
        async move { session.save().await }
    });
    gate.arrival().await;
    assert_eq!(session.get("x").unwrap(), Some(2));
    session
        .update("x", |x: Option<u64>| x.unwrap_or(0) + 10)
        .unwrap();
    session.insert("y", 1).unwrap();
    setup.storage.heal();
    gate.open();
    saving.await.unwrap().unwrap();
    assert_eq!(browser.read("x").await, Some(2));
    assert_eq!(session.get("x").unwrap(), Some(12));
    session.save().await.unwrap();
    assert_eq!(browser.read("x").await, Some(12));
    assert_eq!(browser.keys().await, ["x", "y"]);
}

#[tokio::test]
async fn a_save_that_failed_can_be_tried_again() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    for late in [false, true] {
        let visit = browser.begin().await;
        let session = visit.session.clone();
        let mut visit = Some(visit);
        if late {
            visit.take().unwrap().finish().await;
        }
        let before: u64 = session.get("x").unwrap().unwrap();
        session
            .update("x", |x: Option<u64>| x.unwrap_or(0) + 1)
            .unwrap();
        for fault in [Fault::Fail, Fault::Conflict, Fault::Fail] {
            setup.storage.fault(Call::Save, fault);
            assert!(session.save().await.is_err());
        }
        setup.storage.heal();
        assert_eq!(session.get("x").unwrap(), Some(before + 1));
        session.save().await.unwrap();
        assert_eq!(browser.read("x").await, Some(before + 1));
        if let Some(visit) = visit {
            assert_eq!(visit.finish().await.status, 200);
        }
    }
}

#[tokio::test]
async fn a_save_that_failed_inside_the_handler_is_made_good_after_it() {
    let setup = Setup::new();
    let mut browser = setup.browser();
    let visit = browser.begin().await;
    visit.session.insert("x", 1).unwrap();
    setup.storage.fault(Call::Save, Fault::Fail);
    assert!(visit.session.save().await.is_err());
    setup.storage.heal();
    visit.session.insert("y", 1).unwrap();
    browser.keep(&visit.finish().await);
    assert_eq!(browser.keys().await, ["x", "y"]);
}

#[tokio::test]
async fn a_save_that_is_dropped_half_way_is_made_good_by_the_next() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let session = visit.session.clone();
    visit.finish().await;
    session.insert("y", 1).unwrap();
    let gate = setup.storage.gate(Call::Save);
    let saving = tokio::spawn({
        let session = session.clone();
        async move { session.save().await }
    });
    gate.arrival().await;
    saving.abort();
    assert!(saving.await.unwrap_err().is_cancelled());
    setup.storage.heal();
    session.save().await.unwrap();
    assert_eq!(browser.keys().await, ["x", "y"]);
}

#[tokio::test]
async fn changes_of_a_commit_that_failed_are_not_saved_later() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let session = visit.session.clone();
    session.insert("x", 2).unwrap();
    setup.storage.fault(Call::Save, Fault::Fail);
    assert_eq!(visit.finish().await.status, 503);
    setup.storage.heal();
    assert!(session.insert("y", 1).is_err());
    // Whatever it answers, the client was told that nothing is saved.
    let _ = session.save().await;
    assert_eq!(browser.keys().await, ["x"]);
    assert_eq!(browser.read("x").await, Some(1));
}

#[tokio::test]
async fn a_log_out_whose_commit_failed_is_not_done_later() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let session = visit.session.clone();
    session.destroy();
    setup.storage.fault(Call::Delete, Fault::Fail);
    assert_eq!(visit.finish().await.status, 503);
    setup.storage.heal();
    let _ = session.save().await;
    assert!(browser.is_known().await);
}

#[tokio::test]
async fn a_late_save_moves_the_expiry() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let session = visit.session.clone();
    visit.finish().await;
    for _ in 0..3 {
        setup.clock.advance(Duration::hours(20));
        session.save().await.unwrap();
    }
    assert!(browser.is_known().await);
}

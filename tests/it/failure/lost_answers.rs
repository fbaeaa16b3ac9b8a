//! Saves that the storage has not answered, and what is found of them later.

use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{Duration, SessionData};

use crate::support::{Call, Fault, Setup};

/// The cookie that would be sent again with the write is worth nothing by then, and the browser has another.
#[tokio::test(start_paused = true)]
async fn a_write_that_is_found_behind_a_log_in_sends_no_cookie() {
    let setup = Setup::configured(|b| b.max_age(Duration::DAY));
    let mut browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.insert("y", 2).unwrap();
    setup.storage.fault(Call::Save, Fault::HangAfter);
    let reply = visit.begin_commit("done");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    setup.storage.heal();
    browser.visit(|session| session.log_in("user:42")).await;
    let reply = reply.await.unwrap();
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (200, 0));
    assert_eq!(browser.keys().await, ["x", "y"]);
}

/// Whoever saw the first one may have ended it by now.
#[tokio::test(start_paused = true)]
async fn a_creation_that_is_not_found_is_made_under_another_id() {
    let setup = Setup::new();
    let visit = setup.browser().begin().await;
    visit.session.insert("x", 1).unwrap();
    setup.storage.fault(Call::Save, Fault::Hang);
    assert!(visit.session.save().await.is_err());
    setup.storage.heal();
    assert!(visit.finish().await.new_cookie().is_some());
    assert_eq!(
        (setup.storage.ids_tried(), setup.storage.inner.len()),
        (2, 1)
    );
}

/// It was not made, and is tried again together with what came since, as if all had come before the renewal.
#[tokio::test]
async fn what_is_changed_after_a_write_without_an_answer_survives_another_requests_renewal() {
    fn add(session: &SessionData) {
        let added = session.update("n", |n: Option<u32>| n.unwrap_or(0) + 1);
        added.unwrap();
    }
    for renews in [SessionData::renew, |s: &SessionData| s.log_in("ada")] {
        let setup = Setup::new();
        let mut browser = setup.visitor().await;
        let visit = browser.begin().await;
        add(&visit.session);
        setup.storage.fault(Call::Save, Fault::Fail);
        visit.session.save().await.unwrap_err();
        setup.storage.heal();
        add(&visit.session);
        visit.session.insert("z", 3).unwrap();
        browser.visit(renews).await;
        let reply = visit.finish().await;
        assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (200, 0));
        assert_eq!(browser.read("n").await, Some(2));
        assert_eq!(browser.read("z").await, Some(3));
    }
}

/// The former end is the longer one, and belongs to no touch.
#[tokio::test]
async fn a_shorter_end_whose_write_has_no_answer_is_the_end_when_it_is_sent_again() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    browser.visit(|s| s.remember(Duration::days(20))).await;
    let visit = browser.begin().await;
    visit.session.stop_remembering().unwrap();
    setup.storage.fault(Call::Save, Fault::Fail);
    visit.session.save().await.unwrap_err();
    setup.storage.heal();
    assert_eq!(visit.finish().await.status, 200);
    setup.clock.advance(Duration::hours(25));
    let now = setup.clock.now().into();
    assert_eq!(setup.storage.inner.delete_expired(now).await.unwrap(), 1);
}

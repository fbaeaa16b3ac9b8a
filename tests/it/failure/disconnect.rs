//! Clients that hang up, at each step of a request: all of it is saved, or none.

use axum::http::Request;
use axum_bare_session::{SessionData, SessionError};
use tokio::task::yield_now;

use crate::support::{Browser, Call, Fault, Setup, Work, hang_up};

fn two_keys(session: &SessionData) -> Result<(), SessionError> {
    session.insert("x", 2)?;
    session.insert("y", 2)
}

fn log_out_with_message(session: &SessionData) -> Result<(), SessionError> {
    session.destroy();
    session.insert("flash", "bye")
}

/// Lets a handler return after `work`, and drops the response's future when the commit has come to `call`, which then
/// may go on.
async fn hang_up_at(setup: &Setup, browser: &Browser, work: Work, call: Call) {
    let visit = browser.begin().await;
    work(&visit.session).unwrap();
    let gate = setup.storage.gate(call);
    let request = visit.begin_commit("done");
    gate.arrival().await;
    hang_up(request).await;
    setup.storage.heal();
    gate.open();
    // Whatever still runs has nothing more to wait for.
    for _ in 0..50 {
        yield_now().await;
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_during_the_load_harms_nothing() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let gate = setup.storage.gate(Call::Load);
    let request = tokio::spawn(browser.clone().fetch(Request::builder().uri("/")));
    gate.arrival().await;
    hang_up(request).await;
    setup.storage.heal();
    assert_eq!(browser.read("x").await, Some(1));
}

#[tokio::test]
async fn a_client_that_hangs_up_while_the_handler_works_leaves_nothing() {
    let works: [Work; 4] = [
        two_keys,
        log_out_with_message,
        |s| s.log_in("user:42"),
        |s| s.renew(),
    ];
    for work in works {
        let setup = Setup::new();
        let browser = setup.visitor().await;
        let visit = browser.begin().await;
        work(&visit.session).unwrap();
        setup.storage.take_calls();
        visit.hang_up().await;
        assert_eq!(setup.storage.take_calls().total(), 0);
        assert_eq!(browser.keys().await, ["x"]);
        assert_eq!(browser.read("x").await, Some(1));
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_during_the_commit_leaves_all_of_it() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    hang_up_at(&setup, &browser, two_keys, Call::Save).await;
    assert_eq!(browser.keys().await, ["x", "y"]);
    assert_eq!(browser.read("x").await, Some(2));
}

#[tokio::test]
async fn a_client_that_hangs_up_during_its_first_commit_leaves_all_of_it() {
    let setup = Setup::new();
    hang_up_at(&setup, &setup.browser(), two_keys, Call::Save).await;
    assert_eq!(setup.storage.inner.len(), 1);
}

#[tokio::test]
async fn a_hang_up_during_the_handler_leaves_no_orphan_whatever_a_surviving_task_writes() {
    let works: [Work; 3] = [two_keys, |s| s.log_in("user:42"), |s| s.renew()];
    for (index, work) in works.into_iter().enumerate() {
        for is_visitor in [true, false] {
            let setup = Setup::new();
            let browser = if is_visitor {
                setup.browser()
            } else {
                setup.visitor().await
            };
            let visit = browser.begin().await;
            let survivor = visit.session.clone();
            work(&survivor).unwrap();
            visit.hang_up().await;
            let needs_cookie = is_visitor || index > 0;
            assert_eq!(
                survivor.insert("later", 1).is_err(),
                needs_cookie,
                "{index}"
            );
            assert_eq!(survivor.save().await.is_err(), needs_cookie, "{index}");
            assert_eq!(setup.storage.inner.len(), usize::from(!is_visitor));
            assert_eq!(browser.is_known().await, !is_visitor, "no dead cookie");
        }
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_after_the_save_is_applied_leaves_all_of_it() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    two_keys(&visit.session).unwrap();
    setup.storage.fault(Call::Save, Fault::HangAfter);
    setup.storage.take_calls();
    let request = visit.begin_commit("done");
    while setup.storage.take_calls().save == 0 {
        yield_now().await;
    }
    hang_up(request).await;
    setup.storage.heal();
    assert_eq!(browser.read("x").await, Some(2));
    assert_eq!(browser.read("y").await, Some(2));
}

#[tokio::test]
async fn a_client_that_hangs_up_between_two_tries_of_a_save_leaves_all_of_it() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let (other, visit) = (browser.begin().await, browser.begin().await);
    other.session.insert("other", 1).unwrap();
    two_keys(&visit.session).unwrap();
    other.finish().await;
    let gate = setup.storage.gate(Call::Save);
    let request = visit.begin_commit("done");
    gate.arrival().await;
    gate.open();
    gate.arrival().await;
    hang_up(request).await;
    setup.storage.heal();
    gate.open();
    for _ in 0..50 {
        yield_now().await;
    }
    assert_eq!(browser.keys().await, ["other", "x", "y"]);
    assert_eq!(browser.read("x").await, Some(2));
}

#[tokio::test]
async fn a_log_out_is_completed_although_the_client_hangs_up_during_the_deletion() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let log_out: Work = |session| {
        session.destroy();
        Ok(())
    };
    hang_up_at(&setup, &browser, log_out, Call::Delete).await;
    assert!(setup.storage.inner.is_empty());
    assert!(!browser.is_known().await);
}

#[tokio::test]
async fn a_log_out_with_a_message_is_completed_although_the_client_hangs_up_on_the_way() {
    for call in [Call::Delete, Call::Save] {
        let setup = Setup::new();
        let browser = setup.visitor().await;
        setup.storage.take_calls();
        hang_up_at(&setup, &browser, log_out_with_message, call).await;
        let calls = setup.storage.take_calls();
        assert_eq!((calls.delete, calls.save), (1, 1), "{call:?}");
        assert!(!browser.is_known().await, "{call:?}");
        assert_eq!(setup.storage.inner.len(), 1, "the message's session");
    }
}

#[tokio::test]
async fn a_log_in_that_the_client_hangs_up_on_is_whole() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    hang_up_at(&setup, &browser, |s| s.log_in("user:42"), Call::Save).await;
    assert_eq!(setup.sessions.list("user:42").await.unwrap().len(), 1);
    assert!(!browser.is_known().await, "the old cookie opens it no more");
}

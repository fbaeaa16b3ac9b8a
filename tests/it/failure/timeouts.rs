//! Storages that never answer, on a clock that jumps to the next deadline.

use axum_bare_session::storage::{StorageError, StorageErrorKind};
use axum_bare_session::{Duration, SessionData, SessionError};
use std::error::Error;
use tokio::time::Instant;

use crate::support::{Browser, Call, Calls, Fault, Reply, Setup, Work};

const DEFAULT: u128 = 5_000;

async fn reply_and_millis(browser: &Browser, work: Work) -> (Reply, u128) {
    let visit = browser.begin().await;
    work(&visit.session).unwrap();
    let start = Instant::now();
    let reply = visit.finish().await;
    (reply, start.elapsed().as_millis())
}

fn assert_unavailable(reply: &Reply) {
    assert_eq!((reply.status.as_u16(), &*reply.body), (503, ""));
    assert_eq!(reply.headers["retry-after"], "1");
    assert_eq!(reply.set_cookies(), [""; 0]);
}

/// The timer's own resolution is a millisecond.
fn assert_took(millis: u128, limit: u128) {
    assert!((limit..=limit + 1).contains(&millis), "{millis} ms");
}

fn destroy(session: &SessionData) -> Result<(), SessionError> {
    session.destroy();
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_load_without_an_answer_ends_after_five_seconds_in_a_503() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    setup.storage.fault(Call::Load, Fault::Hang);
    let start = Instant::now();
    let reply = browser.get("/").await;
    assert_took(start.elapsed().as_millis(), DEFAULT);
    assert_unavailable(&reply);
    setup.storage.heal();
    assert!(browser.is_known().await);
}

#[tokio::test(start_paused = true)]
async fn a_save_without_an_answer_ends_after_five_seconds_in_a_503() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    setup.storage.fault(Call::Save, Fault::Hang);
    let (reply, millis) = reply_and_millis(&browser, |s| s.insert("x", 2)).await;
    assert_took(millis, DEFAULT);
    assert_unavailable(&reply);
    setup.storage.heal();
    assert_eq!(browser.read("x").await, Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_save_that_is_applied_and_never_answered_is_a_503_and_all_of_it_is_there_once() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    setup.storage.fault(Call::Save, Fault::HangAfter);
    let work: Work = |session| {
        session.update("x", |x: Option<u64>| x.unwrap_or(0) + 1)?;
        session.insert("y", 2)
    };
    let (reply, millis) = reply_and_millis(&browser, work).await;
    assert_took(millis, DEFAULT);
    assert_unavailable(&reply);
    assert_eq!(setup.storage.take_calls().save, 2, "sent again, as it was");
    setup.storage.heal();
    assert_eq!(browser.read("x").await, Some(2));
    assert_eq!(browser.read("y").await, Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_was_lost_is_found_in_what_is_stored() {
    let works: [Work; 3] = [
        |s| s.update("x", |x: Option<u64>| x.unwrap_or(0) + 1).map(drop),
        |s| s.log_in("user:42"),
        |s| s.insert("z", 1),
    ];
    for (index, work) in works.into_iter().enumerate() {
        let setup = Setup::new();
        // The last one creates its session.
        let mut browser = if index < 2 {
            setup.visitor().await
        } else {
            setup.browser()
        };
        setup.storage.fault(Call::Save, Fault::HangAfter);
        let visit = browser.begin().await;
        work(&visit.session).unwrap();
        let reply = visit.begin_commit("done");
        tokio::time::sleep(std::time::Duration::from_millis(3_900)).await;
        setup.storage.heal();
        let reply = reply.await.unwrap();
        assert_eq!(
            (reply.status.as_u16(), &*reply.body),
            (200, "done"),
            "{index}"
        );
        browser.keep(&reply);
        assert!(browser.is_known().await, "{index}");
        assert_eq!(browser.read("x").await, [Some(2), Some(1), None][index]);
        assert_eq!(setup.storage.inner.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_is_made_again_after_an_error_makes_one_session() {
    let setup = Setup::new();
    let mut browser = setup.browser();
    let visit = browser.begin().await;
    visit.session.insert("x", 1).unwrap();
    setup.storage.fault(Call::Save, Fault::HangAfter);
    // It is asked for, and that fails too.
    setup.storage.fault(Call::Touch, Fault::Hang);
    assert!(visit.session.save().await.is_err());
    setup.storage.heal();
    let reply = visit.finish().await;
    assert_eq!(reply.status, 200);
    browser.keep(&reply);
    assert_eq!(browser.read("x").await, Some(1));
    assert_eq!(setup.storage.inner.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_save_that_is_made_again_after_an_error_counts_once() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let count = |x: Option<u64>| x.unwrap_or(0) + 1;
    visit.session.update("x", count).unwrap();
    setup.storage.fault(Call::Save, Fault::HangAfter);
    assert!(visit.session.save().await.is_err());
    setup.storage.heal();
    visit.session.update("x", count).unwrap();
    assert_eq!(visit.finish().await.status, 200);
    assert_eq!(
        browser.read("x").await,
        Some(3),
        "each of the two once, over 1"
    );
}

/// Whoever knows but the former secret sees nothing of the session's new owner, also where the answer to what could
/// still be changed was lost, and was found only after another renewal.
#[tokio::test(start_paused = true)]
async fn a_late_write_that_is_found_after_yet_another_renewal_shows_nothing_of_the_new_owner() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let late = browser.begin().await;
    let session = late.session.clone();
    session.insert("y", 2).unwrap();
    browser.visit(|session| session.log_in("user:42")).await;
    let gate = setup.storage.gate(Call::Save);
    let saving = tokio::spawn(async move {
        session.save().await.unwrap();
        session
    });
    gate.arrival().await;
    // The conflict is answered, and what is replayed is not.
    setup.storage.fault(Call::Save, Fault::HangAfter);
    gate.open();
    gate.open();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    setup.storage.heal();
    browser.visit(|session| session.renew()).await;
    let session = saving.await.unwrap();
    assert_eq!(session.owner(), None);
    assert_eq!(session.get::<u64>("x").unwrap(), Some(1));
    let reply = late.finish().await;
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (200, 0));
    assert_eq!(browser.read("y").await, Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_deletion_without_an_answer_ends_after_five_seconds_in_a_503() {
    for fault in [Fault::Hang, Fault::HangAfter] {
        let setup = Setup::new();
        let browser = setup.visitor().await;
        setup.storage.fault(Call::Delete, fault);
        let (reply, millis) = reply_and_millis(&browser, destroy).await;
        assert_took(millis, DEFAULT);
        assert_unavailable(&reply);
        assert_eq!(browser.is_known().await, fault == Fault::Hang);
    }
}

#[tokio::test(start_paused = true)]
async fn a_touch_without_an_answer_delays_the_response_and_does_not_harm_it() {
    for fault in [Fault::Hang, Fault::HangAfter] {
        let setup = Setup::new();
        let browser = setup.visitor().await;
        setup.clock.advance(Duration::hours(2));
        setup.storage.fault(Call::Touch, fault);
        let (reply, millis) = reply_and_millis(&browser, |_| Ok(())).await;
        assert_took(millis, DEFAULT);
        assert_eq!((reply.status.as_u16(), &*reply.body), (200, "done"));
        assert!(browser.is_known().await);
    }
}

#[tokio::test(start_paused = true)]
async fn the_storage_timeout_is_the_configured_one() {
    for limit in [1, 300, 60_000] {
        let timeout = Duration::milliseconds(limit);
        let setup = Setup::configured(|builder| builder.storage_timeout(timeout));
        let browser = setup.visitor().await;
        setup.storage.fault(Call::Save, Fault::Hang);
        let (reply, millis) = reply_and_millis(&browser, |s| s.insert("x", 2)).await;
        assert_took(millis, u128::try_from(limit).unwrap());
        assert_unavailable(&reply);
    }
}

#[tokio::test(start_paused = true)]
async fn a_storage_that_answers_just_in_time_is_no_error() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.insert("x", 2).unwrap();
    let gate = setup.storage.gate(Call::Save);
    let reply = visit.begin_commit("done");
    gate.arrival().await;
    tokio::time::sleep(std::time::Duration::from_millis(4_999)).await;
    gate.open();
    assert_eq!(reply.await.unwrap().status, 200);
    setup.storage.heal();
    assert_eq!(browser.read("x").await, Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_time_out_is_told_apart_from_a_failure() {
    let setup = Setup::new();
    let user = setup.user("user:42").await;
    setup.storage.fault(Call::List, Fault::Hang);
    let error = setup.sessions.list("user:42").await.unwrap_err();
    let storage = error.source().unwrap().downcast_ref::<StorageError>();
    let kind = storage.expect("a `StorageError`").kind();
    assert_eq!(kind, StorageErrorKind::TimedOut);
    setup.storage.heal();
    assert!(user.is_known().await);
}

#[tokio::test(start_paused = true)]
async fn the_storage_timeout_is_each_calls() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    setup.clock.advance(Duration::DAY - Duration::SECOND);
    setup.storage.fault(Call::Touch, Fault::Hang);
    setup.storage.fault(Call::Save, Fault::Hang);
    let start = Instant::now();
    let visit = browser.begin().await;
    visit.session.insert("x", 2).unwrap();
    assert_unavailable(&visit.finish().await);
    assert_took(start.elapsed().as_millis(), 2 * DEFAULT);

    setup.storage.heal();
    let visit = setup.browser().begin().await;
    visit.session.insert("x", 1).unwrap();
    visit.session.save().await.unwrap();
    setup.storage.fault(Call::Save, Fault::Hang);
    setup.storage.fault(Call::Load, Fault::Hang);
    visit.session.insert("x", 2).unwrap();
    let start = Instant::now();
    let reply = visit.finish().await;
    assert_took(start.elapsed().as_millis(), 2 * DEFAULT);
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (503, 1));
}

#[tokio::test(start_paused = true)]
async fn two_hanging_calls_of_one_request_do_not_add_up_where_the_first_fails_it() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    setup.storage.fault(Call::Delete, Fault::Hang);
    setup.storage.fault(Call::Save, Fault::Hang);
    setup.storage.take_calls();
    let work: Work = |session| {
        session.destroy();
        session.insert("flash", "bye")
    };
    let (reply, millis) = reply_and_millis(&browser, work).await;
    assert_took(millis, DEFAULT);
    assert_unavailable(&reply);
    let calls = Calls {
        load: 1,
        delete: 1,
        ..Calls::default()
    };
    assert_eq!(setup.storage.take_calls(), calls);
}

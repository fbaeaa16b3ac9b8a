//! The places that are kept for log-ins under way, where sessions are limited.

use std::time::Duration as Wait;

use axum_bare_session::{AtSessionLimit, Duration, SessionData, Sessions};

use super::limit::{limited, log_in};
use crate::support::{Call, Calls, Fault, Memory, Setup};

/// Another process over the same storage, whose owners may have two sessions.
fn another_process(setup: &Setup) -> Sessions {
    let builder = Sessions::builder(setup.storage.clone()).clock(setup.clock.reader());
    let limit = builder.max_sessions_per_owner(2, AtSessionLimit::RefuseLogIn);
    limit.build().unwrap()
}

/// A minute after it began another process may count the place as free: the save must be over by then.
#[tokio::test]
async fn a_log_in_whose_ends_took_half_a_minute_is_not_saved_any_more() {
    for (took, status) in [(29, 200), (30, 503)] {
        let setup = limited::<Memory>(1, AtSessionLimit::EndOldest).await;
        log_in(&setup, "ada").await;
        setup.clock.advance(Duration::minutes(2));
        let mut second = setup.visitor().await;
        let visit = second.begin().await;
        visit.session.log_in("ada").unwrap();
        let gate = setup.storage.gate(Call::DeleteOwned);
        let reply = visit.begin_commit("done");
        gate.arrival().await;
        setup.clock.advance(Duration::seconds(took));
        setup.storage.heal();
        gate.open();
        let reply = reply.await.unwrap();
        assert_eq!(reply.status, status, "{took}");
        second.keep(&reply);
        let owner = second.begin().await.session.owner();
        assert_eq!(owner.is_some(), status == 200, "{took}");
        // It is made room for at the next attempt.
        assert_eq!(second.visit(|s| s.log_in("ada")).await.status, 200);
        assert_eq!(setup.sessions.list("ada").await.unwrap().len(), 1);
    }
}

/// Its session has ended while it waited for its turn.
#[tokio::test]
async fn a_log_in_that_comes_to_nothing_gives_its_place_up_at_once() {
    let setup = limited::<Memory>(1, AtSessionLimit::RefuseLogIn).await;
    let (first, mut second) = (setup.visitor().await, setup.visitor().await);
    let visit = first.begin().await;
    let id = visit.session.id().unwrap();
    visit.session.log_in("ada").unwrap();
    setup.sessions.revoke(id).await.unwrap();
    visit.finish().await;
    assert!(!first.is_known().await);
    assert_eq!(second.visit(|s| s.log_in("ada")).await.status, 200);
}

/// Nothing of it was sent, and nothing can come late.
#[tokio::test]
async fn a_log_in_for_which_nobody_could_be_ended_costs_no_other_device() {
    for max in [1, 2] {
        let setup = limited::<Memory>(max, AtSessionLimit::EndOldest).await;
        for _ in 0..max {
            log_in(&setup, "ada").await;
        }
        setup.clock.advance(Duration::minutes(2));
        let mut browser = setup.visitor().await;
        setup.storage.fault(Call::DeleteOwned, Fault::Fail);
        assert_eq!(browser.visit(|s| s.log_in("ada")).await.status, 503);
        setup.storage.heal();
        assert_eq!(setup.sessions.list("ada").await.unwrap().len(), max);
        let mut browser = setup.visitor().await;
        assert_eq!(browser.visit(|s| s.log_in("ada")).await.status, 200);
        assert_eq!(setup.sessions.list("ada").await.unwrap().len(), max);
    }
}

/// The place was entered, and no log-in was sent that could take it.
#[tokio::test(start_paused = true)]
async fn a_log_in_whose_place_had_no_answer_costs_no_other_device() {
    for (max, at_limit) in [
        (1, AtSessionLimit::RefuseLogIn),
        (1, AtSessionLimit::EndOldest),
        (2, AtSessionLimit::EndOldest),
    ] {
        let setup = limited::<Memory>(max, at_limit).await;
        let others = match at_limit {
            AtSessionLimit::RefuseLogIn => max - 1,
            _ => max,
        };
        for _ in 0..others {
            log_in(&setup, "ada").await;
        }
        setup.clock.advance(Duration::minutes(2));
        let browser = setup.visitor().await;
        let visit = browser.begin().await;
        visit.session.log_in("ada").unwrap();
        setup.storage.fault(Call::Save, Fault::HangAfter);
        let reply = visit.begin_commit("done");
        // Both times that it is sent.
        tokio::time::sleep(Wait::from_millis(4_500)).await;
        setup.storage.heal();
        assert_eq!(reply.await.unwrap().status, 503);
        assert_eq!(setup.sessions.list("ada").await.unwrap().len(), others);
        let mut browser = setup.visitor().await;
        assert_eq!(browser.visit(|s| s.log_in("ada")).await.status, 200);
        assert_eq!(setup.sessions.list("ada").await.unwrap().len(), max);
    }
}

/// Whoever saw the first one may have ended it, so it is made under another id.
#[tokio::test(start_paused = true)]
async fn a_log_in_that_is_made_again_under_another_id_has_one_place() {
    let setup = limited::<Memory>(2, AtSessionLimit::RefuseLogIn).await;
    let visit = setup.browser().begin().await;
    visit.session.log_in("ada").unwrap();
    let gate = setup.storage.gate(Call::Save);
    let session = visit.session.clone();
    let saved = tokio::spawn(async move { session.save().await });
    // Its place is entered, and its own save is lost.
    gate.arrival().await;
    setup.storage.fault(Call::Save, Fault::Hang);
    gate.open();
    gate.arrival().await;
    gate.open();
    tokio::time::sleep(Wait::from_secs(6)).await;
    setup.storage.heal();
    assert!(saved.await.unwrap().is_err());
    assert_eq!(visit.finish().await.status, 200);
    assert_eq!(setup.sessions.list("ada").await.unwrap().len(), 1);
    assert_eq!(setup.browser().visit(|s| s.log_in("ada")).await.status, 200);
    assert_eq!(setup.browser().visit(|s| s.log_in("ada")).await.status, 409);
}

/// One call for each, beside the three that every log-in costs.
#[tokio::test]
async fn a_log_in_ends_those_who_make_room_in_one_call_each() {
    for max in [1, 2] {
        let setup = limited::<Memory>(max, AtSessionLimit::EndOldest).await;
        for _ in 0..max {
            log_in(&setup, "ada").await;
        }
        setup.clock.advance(Duration::minutes(2));
        let mut browser = setup.visitor().await;
        setup.storage.take_calls();
        assert_eq!(browser.visit(|s| s.log_in("ada")).await.status, 200);
        let expected = Calls {
            load: 2,
            save: 2,
            list: 1,
            delete_owned: 1,
            ..Calls::default()
        };
        assert_eq!(setup.storage.take_calls(), expected);
    }
}

/// Both began in the same instant, of a clock that stands still.
#[tokio::test]
async fn a_log_in_that_comes_to_nothing_gives_no_place_up_but_its_own() {
    let setup = limited::<Memory>(2, AtSessionLimit::RefuseLogIn).await;
    let other = another_process(&setup);
    let failing = setup.visitor().await.begin().await;
    failing.session.log_in("ada").unwrap();
    let id = failing.session.id().unwrap();
    let mut browser = setup.browser_of(other);
    browser.visit(|session| session.insert("x", 1)).await;
    let visit = browser.begin().await;
    visit.session.log_in("ada").unwrap();
    let gate = setup.storage.gate(Call::Save);
    let succeeding = visit.begin_commit("done");
    gate.arrival().await; // with the register
    gate.open();
    gate.arrival().await; // with the session
    setup.storage.heal();
    setup.sessions.revoke(id).await.unwrap();
    failing.finish().await;
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let mut browser = setup.browser_of(setup.sessions.clone());
        statuses.push(browser.get("/log_in/ada").await.status.as_u16());
    }
    assert_eq!(statuses, [200, 409]);
    gate.open();
    assert_eq!(succeeding.await.unwrap().status, 200);
    assert_eq!(setup.sessions.list("ada").await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_log_out_gives_up_no_place_but_its_own() {
    let setup = limited::<Memory>(2, AtSessionLimit::RefuseLogIn).await;
    let other = another_process(&setup);
    let mut first = setup.visitor().await;
    let visit = setup.visitor().await.begin().await;
    first.visit(|s| s.log_in("ada")).await;
    visit.session.log_in("ada").unwrap();
    let gate = setup.storage.gate(Call::Save);
    let second = visit.begin_commit("done");
    gate.arrival().await; // with the register
    gate.open();
    gate.arrival().await; // with the session
    setup.storage.heal();
    let log_out = |session: &SessionData| {
        session.log_out();
        Ok(())
    };
    assert_eq!(first.visit(log_out).await.status, 200);
    // A clean-up leaves the register where it is.
    assert_eq!(setup.sessions.delete_expired().await.unwrap(), 0);
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let mut browser = setup.browser_of(other.clone());
        statuses.push(browser.get("/log_in/ada").await.status.as_u16());
    }
    assert_eq!(statuses, [200, 409]);
    gate.open();
    assert_eq!(second.await.unwrap().status, 200);
    assert_eq!(setup.sessions.list("ada").await.unwrap().len(), 2);
}

#[tokio::test]
async fn who_stays_the_owner_gives_no_place_up_and_costs_no_look_at_the_register() {
    let setup = limited::<Memory>(2, AtSessionLimit::EndOldest).await;
    let mut browser = setup.user("ada").await;
    let once = Calls {
        load: 1,
        save: 1,
        ..Calls::default()
    };
    browser.visit(|s| s.insert("x", 2)).await;
    assert_eq!(setup.storage.take_calls(), once);
    browser.visit(SessionData::renew).await;
    assert_eq!(setup.storage.take_calls(), once);
}

/// One who was not listed yet is in the register, and one who has left that is listed.
#[tokio::test]
async fn who_left_the_register_between_two_looks_is_counted() {
    let setup = limited::<Memory>(2, AtSessionLimit::RefuseLogIn).await;
    let elsewhere = Sessions::builder(setup.storage.inner.clone()).clock(setup.clock.reader());
    let elsewhere = elsewhere.max_sessions_per_owner(2, AtSessionLimit::RefuseLogIn);
    let elsewhere = elsewhere.build().unwrap();
    let visit = setup.visitor().await.begin().await;
    visit.session.log_in("ada").unwrap();
    let gate = setup.storage.gate(Call::Load);
    let reply = visit.begin_commit("done");
    gate.arrival().await; // at the register
    setup.storage.heal();
    for _ in 0..2 {
        let mut browser = setup.browser_of(elsewhere.clone());
        assert_eq!(browser.get("/log_in/ada").await.status, 200);
    }
    gate.open();
    assert_eq!(reply.await.unwrap().status, 409);
    assert_eq!(setup.sessions.list("ada").await.unwrap().len(), 2);
}

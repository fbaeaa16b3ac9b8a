//! The limit of an owner's sessions, where several log-ins are under way at once.

use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{AtSessionLimit, Duration, MemorySessionStorage, Sessions};
use futures_util::future::join_all;
use tokio::time::sleep;

use super::limit::{limited, log_in};
use crate::support::{Backend, Call, Clock, Fault, Setup, Spy, hang_up, on_each_storage};

async fn a_client_that_hangs_up_during_a_log_in_leaves_no_session_too_many<B: Backend>() {
    for (call, saves_itself) in [
        (Call::Save, false),
        (Call::List, false),
        (Call::DeleteOwned, false),
        (Call::List, true),
        (Call::DeleteOwned, true),
    ] {
        let setup = limited::<B>(1, AtSessionLimit::EndOldest).await;
        let first = log_in(&setup, "ada").await;
        let former = setup.sessions.list("ada").await.unwrap()[0].id();
        setup.clock.advance(Duration::minutes(2));
        let visit = setup.visitor().await.begin().await;
        visit.session.log_in("ada").unwrap();
        let gate = setup.storage.gate(call);
        let request = if saves_itself {
            let session = visit.session.clone();
            let save = tokio::spawn(async move { session.save().await });
            gate.arrival().await;
            save.abort();
            visit.hang_up().await;
            None
        } else {
            Some(visit.begin_commit("done"))
        };
        if let Some(request) = request {
            gate.arrival().await;
            hang_up(request).await;
        }
        setup.storage.heal();
        gate.open();
        // It goes on by itself.
        let is_done = async || {
            let listed = setup.sessions.list("ada").await.unwrap();
            let [session] = &listed[..] else {
                return false;
            };
            session.id() != former && !first.is_known().await
        };
        for _ in 0..500 {
            if is_done().await {
                break;
            }
            sleep(std::time::Duration::from_millis(10)).await;
        }
        assert!(is_done().await, "{call:?}");
    }
}

/// A log-in in another process, which has a place and is about to be saved: whoever comes now counts it.
async fn a_log_in_under_way_in_another_process_has_its_place<B: Backend>() {
    for (at_limit, statuses) in [
        (AtSessionLimit::RefuseLogIn, [200, 409]),
        (AtSessionLimit::EndOldest, [200, 200]),
    ] {
        let setup = limited::<B>(1, at_limit).await;
        let other = Sessions::builder(setup.storage.clone())
            .clock(setup.clock.reader())
            .max_sessions_per_owner(1, at_limit)
            .build()
            .unwrap();
        let (first, mut second) = (setup.visitor().await, setup.browser_of(other));
        let visit = first.begin().await;
        visit.session.log_in("ada").unwrap();
        let gate = setup.storage.gate(Call::Save);
        let first = visit.begin_commit("done");
        gate.arrival().await; // with the register
        gate.open();
        gate.arrival().await; // with the session
        setup.storage.heal();
        let second = tokio::spawn(async move { second.get("/log_in/ada").await.status.as_u16() });
        // It is refused, or waits for what becomes of the first.
        sleep(std::time::Duration::from_millis(120)).await;
        assert!(setup.sessions.list("ada").await.unwrap().is_empty());
        gate.open();
        let answered = [first.await.unwrap().status.as_u16(), second.await.unwrap()];
        assert_eq!(answered, statuses, "{at_limit:?}");
        assert_eq!(setup.sessions.list("ada").await.unwrap().len(), 1);
    }
}

/// Logs 20 browsers in at once, and returns what each was answered and who is logged in then.
async fn twenty_log_ins_at_once<S: SessionStorage + Clone>(
    setup: &Setup<S>,
    at_limit: AtSessionLimit,
) -> (Vec<u16>, usize) {
    let sessions = Sessions::builder(setup.storage.clone())
        .max_sessions_per_owner(3, at_limit)
        .build()
        .unwrap();
    let owner = format!("owner-{}", uuid::Uuid::new_v4());
    let log_ins = (0..20).map(|_| {
        let mut browser = setup.browser_of(sessions.clone());
        let path = format!("/log_in/{owner}");
        tokio::spawn(async move { browser.get(&path).await.status.as_u16() })
    });
    let statuses = join_all(log_ins).await.into_iter().map(Result::unwrap);
    let statuses = statuses.collect();
    (statuses, sessions.list(&owner).await.unwrap().len())
}

async fn of_20_log_ins_at_once_exactly_as_many_stay_as_may<B: Backend>() {
    let setup = B::setup().await;
    for call in [Call::Load, Call::Save, Call::List] {
        setup.storage.fault(call, Fault::Yield);
    }
    for _ in 0..3 {
        let (statuses, listed) = twenty_log_ins_at_once(&setup, AtSessionLimit::RefuseLogIn).await;
        let let_in = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!((let_in, listed), (3, 3), "{statuses:?}");
        for at_limit in [AtSessionLimit::EndOldest, AtSessionLimit::EndLongestIdle] {
            let (statuses, listed) = twenty_log_ins_at_once(&setup, at_limit).await;
            assert_eq!(statuses, [200; 20]);
            assert_eq!(listed, 3, "{at_limit:?}");
        }
    }
}

/// Whether it is stored, or will be in a moment, nobody knows.
async fn a_log_in_whose_answer_is_lost_keeps_its_place_for_a_minute<B: Backend>() {
    let setup = B::configured(|builder| {
        builder
            .storage_timeout(Duration::milliseconds(100))
            .max_sessions_per_owner(1, AtSessionLimit::RefuseLogIn)
    })
    .await;
    let (first, mut second) = (setup.visitor().await, setup.visitor().await);
    let visit = first.begin().await;
    visit.session.log_in("ada").unwrap();
    let gate = setup.storage.gate(Call::Save);
    let lost = visit.begin_commit("done");
    gate.arrival().await; // with the register
    gate.open();
    gate.arrival().await; // with the session
    gate.arrival().await; // and once more
    setup.storage.heal();
    assert_eq!(lost.await.unwrap().status, 503);
    assert_eq!(second.visit(|s| s.log_in("ada")).await.status, 409);
    setup.clock.advance(Duration::MINUTE);
    assert_eq!(second.visit(|s| s.log_in("ada")).await.status, 200);
}

/// A place is kept for a minute, and so no save of a log-in may take longer.
#[tokio::test(start_paused = true)]
async fn no_log_in_is_saved_after_its_place_was_given_to_another() {
    let begun = tokio::time::Instant::now();
    let start = Clock::new().now();
    let storage = Spy::new();
    let process = || {
        Sessions::builder(storage.clone())
            .clock(move || start + begun.elapsed())
            .max_sessions_per_owner(1, AtSessionLimit::EndOldest)
            .storage_timeout(Duration::minutes(5))
            .build()
            .unwrap()
    };
    let (one, two) = (process(), process());
    let gate = storage.gate(Call::Save);
    let slow = tokio::spawn(async move { one.create(|session| session.log_in("ada")).await });
    // The register is saved, and then the session.
    gate.arrival().await;
    gate.open();
    gate.arrival().await;
    storage.heal();
    sleep(std::time::Duration::from_secs(61)).await;
    two.create(|session| session.log_in("ada")).await.unwrap();
    gate.open();
    assert!(slow.await.unwrap().is_err());
    assert_eq!(two.list("ada").await.unwrap().len(), 1);
}

/// The register's id is the same in every process: what is there may be another's.
#[tokio::test]
async fn a_register_whose_creation_had_no_answer_takes_no_others_place() {
    let storage = Spy::new();
    let process = || {
        Sessions::builder(storage.clone())
            .max_sessions_per_owner(1, AtSessionLimit::RefuseLogIn)
            .build()
            .unwrap()
    };
    let (one, two) = (process(), process());
    storage.fault(Call::Save, Fault::Fail);
    let gate = storage.gate(Call::Save);
    let slow = tokio::spawn(async move { one.create(|session| session.log_in("ada")).await });
    gate.arrival().await; // with the register
    storage.heal();
    two.create(|session| session.log_in("ada")).await.unwrap();
    gate.open();
    assert!(slow.await.unwrap().is_err());
    assert_eq!(two.list("ada").await.unwrap().len(), 1);
}

/// Nor one that others' changes of its session held up.
#[tokio::test(start_paused = true)]
async fn no_log_in_is_saved_again_after_its_place_was_given_to_another() {
    let setup = Setup::<MemorySessionStorage>::configured(|builder| {
        builder.max_sessions_per_owner(1, AtSessionLimit::EndOldest)
    });
    let begun = tokio::time::Instant::now();
    let start = setup.clock.now();
    let process = || {
        Sessions::builder(setup.storage.clone())
            .clock(move || start + begun.elapsed())
            .max_sessions_per_owner(1, AtSessionLimit::EndOldest)
            .storage_timeout(Duration::seconds(30))
            .build()
            .unwrap()
    };
    let (one, two) = (process(), process());
    let mut browser = setup.browser_of(one);
    browser.visit(|session| session.insert("x", 1)).await;
    let visit = browser.begin().await;
    visit.session.log_in("ada").unwrap();
    let gate = setup.storage.gate(Call::Save);
    let slow = visit.begin_commit("done");
    gate.arrival().await; // with the register
    gate.open();
    setup.storage.fault(Call::Save, Fault::Conflict);
    // Each save of the session takes 20 seconds, and another request's was faster.
    let saves = tokio::spawn(async move {
        loop {
            gate.arrival().await;
            sleep(std::time::Duration::from_secs(20)).await;
            gate.open();
        }
    });
    sleep(std::time::Duration::from_secs(61)).await;
    setup.storage.heal();
    two.create(|session| session.log_in("ada")).await.unwrap();
    sleep(std::time::Duration::from_secs(60)).await;
    saves.abort();
    assert_eq!(slow.await.unwrap().status, 503);
    assert_eq!(two.list("ada").await.unwrap().len(), 1);
}

on_each_storage! {
    a_log_in_whose_answer_is_lost_keeps_its_place_for_a_minute
    a_client_that_hangs_up_during_a_log_in_leaves_no_session_too_many
    a_log_in_under_way_in_another_process_has_its_place
    ; on four threads:
    of_20_log_ins_at_once_exactly_as_many_stay_as_may
}

//! A crowd that changes one session, or logs one owner in: no one is turned away, and nobody pays for all.

use axum_bare_session::{AtSessionLimit, SessionsBuilder};
use futures_util::future::join_all;

use crate::support::{Backend, Call, Fault, on_each_storage};

const YIELDING: [Call; 6] = [
    Call::Load,
    Call::Save,
    Call::Touch,
    Call::Delete,
    Call::DeleteOwned,
    Call::List,
];

async fn of_600_updates_at_once_each_counts_and_takes_few_saves<B: Backend>() {
    const UPDATES: usize = 600;
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    for call in YIELDING {
        setup.storage.fault(call, Fault::Yield);
    }
    let visits = join_all((0..UPDATES).map(|_| browser.begin())).await;
    for visit in &visits {
        let add = |n: Option<usize>| n.unwrap_or(0) + 1;
        visit.session.update("n", add).unwrap();
    }
    setup.storage.take_calls();
    let replies = join_all(visits.into_iter().map(|visit| visit.finish())).await;
    let refused = replies.iter().filter(|reply| reply.status != 200).count();
    let calls = setup.storage.take_calls();
    assert_eq!(refused, 0, "{calls:?}");
    assert_eq!(browser.read("n").await, Some(UPDATES));
    assert!(calls.save <= 4 * UPDATES, "{calls:?}");
    assert_eq!(calls.total(), calls.save);
}

async fn of_40_log_ins_at_once_exactly_3_stay_and_each_takes_few_calls<B: Backend>() {
    const LOG_INS: usize = 40;
    for at_limit in [AtSessionLimit::EndOldest, AtSessionLimit::EndLongestIdle] {
        let limit = |builder: SessionsBuilder| builder.max_sessions_per_owner(3, at_limit);
        let setup = B::configured(limit).await;
        for call in YIELDING {
            setup.storage.fault(call, Fault::Yield);
        }
        let visits = join_all((0..LOG_INS).map(async |_| setup.browser().begin().await)).await;
        for visit in &visits {
            visit.session.log_in("ada").unwrap();
        }
        setup.storage.take_calls();
        let replies = join_all(visits.into_iter().map(|visit| visit.finish())).await;
        let calls = setup.storage.take_calls();
        assert!(replies.iter().all(|reply| reply.status == 200), "{calls:?}");
        assert!(calls.total() <= 10 * LOG_INS, "{calls:?}");
        assert_eq!(setup.sessions.list("ada").await.unwrap().len(), 3);
        let alive = join_all(replies.iter().map(async |reply| {
            let mut browser = setup.browser();
            browser.keep(reply);
            browser.is_known().await
        }));
        let alive = alive.await.into_iter().filter(|alive| *alive).count();
        assert_eq!(alive, 3, "{at_limit:?}");
    }
}

on_each_storage! {
    of_600_updates_at_once_each_counts_and_takes_few_saves
    of_40_log_ins_at_once_exactly_3_stay_and_each_takes_few_calls
}

use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{
    AtSessionLimit, ConfigError, Duration, MemorySessionStorage, SessionData, SessionError,
    Sessions, SessionsBuilder,
};
use futures_util::future::join_all;

use crate::support::{Backend, Browser, Call, Fault, Setup, on_each_storage};

pub(super) async fn limited<B: Backend>(max: usize, at_limit: AtSessionLimit) -> Setup<B::Storage> {
    let limit = |builder: SessionsBuilder| builder.max_sessions_per_owner(max, at_limit);
    B::configured(limit).await
}

/// Logs a new browser in at a time of its own.
pub(super) async fn log_in<S: SessionStorage + Clone>(setup: &Setup<S>, owner: &str) -> Browser {
    setup.clock.advance(Duration::minutes(2));
    setup.user(owner).await
}

async fn known(browsers: &[Browser]) -> Vec<bool> {
    join_all(browsers.iter().map(Browser::is_known)).await
}

async fn the_oldest_log_in_ends<B: Backend>() {
    let setup = limited::<B>(2, AtSessionLimit::EndOldest).await;
    let mut browsers = vec![log_in(&setup, "ada").await, log_in(&setup, "ada").await];
    // That it was seen lately does not help it.
    setup.clock.advance(Duration::hours(3));
    browsers[0].visit(|s| s.insert("y", 1)).await;
    browsers.push(log_in(&setup, "ada").await);
    assert_eq!(known(&browsers).await, [false, true, true]);
    // Somebody else's count for nothing.
    log_in(&setup, "bob").await;
    assert_eq!(known(&browsers).await, [false, true, true]);
}

async fn the_longest_idle_one_ends<B: Backend>() {
    let setup = limited::<B>(2, AtSessionLimit::EndLongestIdle).await;
    let mut browsers = vec![log_in(&setup, "ada").await, log_in(&setup, "ada").await];
    setup.clock.advance(Duration::hours(3));
    browsers[0].visit(|s| s.insert("y", 1)).await;
    browsers.push(log_in(&setup, "ada").await);
    assert_eq!(known(&browsers).await, [true, false, true]);
}

async fn a_new_log_in_is_refused_and_the_visitor_keeps_the_cart<B: Backend>() {
    let setup = limited::<B>(2, AtSessionLimit::RefuseLogIn).await;
    let browsers = [log_in(&setup, "ada").await, log_in(&setup, "ada").await];
    let mut third = setup.visitor().await;
    third.visit(|s| s.insert("cart", ["apple"])).await;
    let reply = third.visit(|s| s.log_in("ada")).await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (409, ""));
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert_eq!(third.keys().await, ["cart", "x"]);
    assert_eq!(known(&browsers).await, [true, true]);

    // A log-out makes room at once.
    let mut first = browsers[0].clone();
    first
        .visit(|s| {
            s.log_out();
            Ok(())
        })
        .await;
    assert_eq!(third.visit(|s| s.log_in("ada")).await.status, 200);
    assert_eq!(setup.sessions.list("ada").await.unwrap().len(), 2);
}

async fn a_handler_can_answer_a_refused_log_in_itself<B: Backend>() {
    let setup = limited::<B>(1, AtSessionLimit::RefuseLogIn).await;
    log_in(&setup, "ada").await;
    let mut browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.log_in("ada").unwrap();
    visit.session.insert("secret of ada", true).unwrap();
    let refused = visit.session.save().await;
    assert!(matches!(
        refused,
        Err(SessionError::TooManySessions { max: 1 })
    ));
    assert_eq!(visit.session.owner(), None);
    visit.session.insert("flash", "Too many devices.").unwrap();
    let reply = visit.finish().await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (200, "done"));
    browser.keep(&reply);
    assert_eq!(browser.keys().await, ["flash", "x"]);
}

async fn logging_in_again_in_the_same_session_takes_no_place<B: Backend>() {
    for at_limit in [
        AtSessionLimit::RefuseLogIn,
        AtSessionLimit::EndOldest,
        AtSessionLimit::EndLongestIdle,
    ] {
        let setup = limited::<B>(2, at_limit).await;
        let mut browsers = vec![log_in(&setup, "ada").await, log_in(&setup, "ada").await];
        for _ in 0..3 {
            let reply = browsers[0].visit(|s| s.log_in("ada")).await;
            assert_eq!(reply.status, 200);
            browsers[1].visit(SessionData::reauthenticated).await;
        }
        assert_eq!(known(&browsers).await, [true, true], "{at_limit:?}");
    }
}

async fn a_limit_that_is_lowered_counts_those_who_are_there<B: Backend>() {
    let setup = B::setup().await;
    let mut browsers = Vec::new();
    for _ in 0..5 {
        browsers.push(log_in(&setup, "ada").await);
    }
    let sessions = Sessions::builder(setup.storage.clone())
        .clock(setup.clock.reader())
        .max_sessions_per_owner(3, AtSessionLimit::EndOldest)
        .build()
        .unwrap();
    setup.clock.advance(Duration::minutes(2));
    let mut sixth = setup.browser_of(sessions);
    sixth.visit(|s| s.log_in("ada")).await;
    browsers.push(sixth);
    let alive = [false, false, false, true, true, true];
    assert_eq!(known(&browsers).await, alive);
}

async fn under_a_limit_that_is_lowered_who_is_there_can_prove_it_again<B: Backend>() {
    for at_limit in [AtSessionLimit::RefuseLogIn, AtSessionLimit::EndOldest] {
        let setup = B::setup().await;
        let mut browsers = Vec::new();
        for _ in 0..3 {
            browsers.push(log_in(&setup, "ada").await);
        }
        let sessions = Sessions::builder(setup.storage.clone())
            .clock(setup.clock.reader())
            .max_sessions_per_owner(1, at_limit)
            .build()
            .unwrap();
        let mut again = setup.browser_of(sessions);
        again.cookies.clone_from(&browsers[1].cookies);
        let reply = again.visit(SessionData::reauthenticated).await;
        assert_eq!(reply.status, 200, "{at_limit:?}");
        let reply = again.visit(|s| s.log_in("ada")).await;
        assert_eq!(reply.status, 200, "{at_limit:?}");
        browsers[1] = again;
        assert_eq!(known(&browsers).await, [true; 3], "{at_limit:?}");
    }
}

async fn a_log_in_whose_register_cannot_be_written_leaves_the_visitor_as_before<B: Backend>() {
    let setup = limited::<B>(2, AtSessionLimit::EndOldest).await;
    let mut browser = setup.visitor().await;
    setup.storage.fault(Call::List, Fault::Fail);
    let reply = browser.visit(|s| s.log_in("ada")).await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.set_cookies(), [""; 0]);
    setup.storage.heal();
    assert_eq!(browser.keys().await, ["x"]);
    assert!(setup.sessions.list("ada").await.unwrap().is_empty());
}

async fn a_log_in_that_is_refused_was_never_saved_and_loses_no_parallel_change<B: Backend>() {
    let setup = limited::<B>(1, AtSessionLimit::RefuseLogIn).await;
    let mut browser = setup.visitor().await;
    let (late, mut writer) = (browser.begin().await, browser.clone());
    late.session.log_in("ada").unwrap();
    late.session.insert("secret of ada", true).unwrap();
    setup.user("ada").await;
    writer.visit(|s| s.insert("cart", ["apple"])).await;
    setup.storage.take_calls();
    let reply = late.finish().await;
    assert_eq!(setup.storage.take_calls().save, 0);
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (409, 0));
    browser.keep(&reply);
    assert_eq!(browser.keys().await, ["cart", "x"]);
    assert_eq!(setup.sessions.list("ada").await.unwrap().len(), 1);
}

async fn who_logs_out_makes_room_at_once<B: Backend>() {
    let setup = limited::<B>(1, AtSessionLimit::RefuseLogIn).await;
    for keeps in [false, true, false] {
        let mut browser = setup.visitor().await;
        let reply = browser.visit(|s| s.log_in("ada")).await;
        assert_eq!(reply.status, 200, "{keeps}");
        let log_out = |s: &SessionData| {
            if keeps {
                return s.log_out_keeping(["x"]);
            }
            s.log_out();
            Ok(())
        };
        browser.visit(log_out).await;
    }
    setup.user("ada").await;
    assert_eq!(setup.sessions.revoke_all("ada").await.unwrap(), 1);
    setup.user("ada").await;
    assert_eq!(setup.sessions.list("ada").await.unwrap().len(), 1);
}

async fn who_logs_out_makes_room_at_once_also_where_the_log_in_was_elsewhere_and_long_ago<
    B: Backend,
>() {
    let setup = limited::<B>(1, AtSessionLimit::RefuseLogIn).await;
    for is_visitor in [true, false, true] {
        let mut browser = setup.browser();
        if is_visitor {
            browser.visit(|s| s.insert("x", 1)).await;
            setup.clock.advance(Duration::minutes(5));
        }
        let hour_ago = setup.clock.now() - Duration::HOUR;
        let reply = browser.visit(|s| s.log_in_at("ada", hour_ago)).await;
        assert_eq!(reply.status, 200, "{is_visitor}");
        browser
            .visit(|s| {
                s.log_out();
                Ok(())
            })
            .await;
    }
}

async fn no_cookie_opens_a_register<B: Backend>() {
    let setup = limited::<B>(2, AtSessionLimit::EndOldest).await;
    log_in(&setup, "ada").await;
    // The session and the register.
    assert_eq!(setup.storage.stored().await, 2);
    assert_eq!(setup.sessions.list("ada").await.unwrap().len(), 1);
}

async fn nobody_revokes_a_register<B: Backend>() {
    let (sender, mut events) = tokio::sync::mpsc::channel(100);
    let limit = |b: SessionsBuilder| {
        b.max_sessions_per_owner(2, AtSessionLimit::EndOldest)
            .events(sender)
    };
    let setup = B::configured(limit).await;
    let browser = log_in(&setup, "ada").await;
    let session = browser.begin().await.session.id().unwrap();
    while events.try_recv().is_ok() {}
    let ids = setup.storage.stored_ids().await;
    let register = ids.into_iter().find(|id| *id != session).unwrap();
    setup.sessions.revoke(register).await.unwrap();
    assert!(events.try_recv().is_err(), "nothing is told");
    assert_eq!(setup.storage.stored().await, 2);
}

#[test]
fn a_limit_of_none_is_refused() {
    let built = Sessions::builder(MemorySessionStorage::new())
        .max_sessions_per_owner(0, AtSessionLimit::EndOldest)
        .build();
    assert_eq!(built.unwrap_err(), ConfigError::SessionLimit);
}

on_each_storage! {
    a_log_in_that_is_refused_was_never_saved_and_loses_no_parallel_change
    who_logs_out_makes_room_at_once
    who_logs_out_makes_room_at_once_also_where_the_log_in_was_elsewhere_and_long_ago
    the_oldest_log_in_ends
    the_longest_idle_one_ends
    a_new_log_in_is_refused_and_the_visitor_keeps_the_cart
    a_handler_can_answer_a_refused_log_in_itself
    logging_in_again_in_the_same_session_takes_no_place
    a_limit_that_is_lowered_counts_those_who_are_there
    a_log_in_whose_register_cannot_be_written_leaves_the_visitor_as_before
    under_a_limit_that_is_lowered_who_is_there_can_prove_it_again
    no_cookie_opens_a_register
    nobody_revokes_a_register
}

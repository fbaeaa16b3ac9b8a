use std::collections::HashSet;

use axum_bare_session::{Duration, SessionEventKind as Kind, SessionsBuilder, SuspectedTheft};
use futures_util::future::join_all;

use super::{INTERVAL, kinds, read, renewed, renewing, watched};
use crate::support::{Backend, on_each_storage};

async fn the_former_secret_opens_for_a_minute_after_its_successor_was_used<B: Backend>() {
    let (setup, mut events) = watched::<B>(|builder| builder).await;
    let (mut former, mut browser) = renewed(&setup).await;
    assert_eq!(read(&mut browser).await, None);
    setup.clock.advance(Duration::seconds(59));
    assert_eq!(former.keys().await, ["x"]);
    assert_eq!(
        read(&mut former).await,
        None,
        "it was on its way, and is sent nothing"
    );
    kinds(&mut events);

    setup.clock.advance(Duration::SECOND);
    assert!(!former.is_known().await);
    assert_eq!(kinds(&mut events), [Kind::SuspectedTheft]);
    assert!(browser.is_known().await, "the session lives on");
}

async fn a_secret_that_another_request_has_brought_already_is_sent_to_nobody<B: Backend>() {
    let setup = renewing::<B>().await;
    let mut browser = setup.visitor().await;
    setup.clock.advance(INTERVAL);
    let slow = browser.begin().await;
    slow.session.insert("y", 1).unwrap();
    slow.session.save().await.unwrap();
    assert!(read(&mut browser).await.is_some());
    assert_eq!(read(&mut browser).await, None);
    assert_eq!(slow.finish().await.set_cookies(), [""; 0]);
}

async fn a_stolen_secret_ends_the_session_where_that_is_asked_for<B: Backend>() {
    let (setup, mut events) =
        watched::<B>(|builder| builder.suspected_theft(SuspectedTheft::EndSession)).await;
    let (thief, mut browser) = renewed(&setup).await;
    read(&mut browser).await;
    setup.clock.advance(Duration::MINUTE);
    kinds(&mut events);
    assert!(!thief.is_known().await);
    assert_eq!(kinds(&mut events), [Kind::SuspectedTheft, Kind::Revoked]);
    assert!(!browser.is_known().await);
    assert_eq!(setup.storage.stored().await, 0);
}

async fn a_stale_cookie_beside_the_current_one_ends_nothing<B: Backend>() {
    let (setup, mut events) =
        watched::<B>(|builder| builder.suspected_theft(SuspectedTheft::EndSession)).await;
    let (former, mut browser) = renewed(&setup).await;
    read(&mut browser).await;
    setup.clock.advance(Duration::MINUTE);
    kinds(&mut events);
    let stale = former.cookie().unwrap();
    let visit = browser.begin_with_cookie(&stale).await;
    assert_eq!(visit.session.owner().as_deref(), Some("user:1"));
    visit.finish().await;
    assert_eq!(kinds(&mut events), []);
}

async fn a_lost_response_costs_nothing_however_late_the_browser_comes_back<B: Backend>() {
    let (setup, mut events) = watched::<B>(|builder| builder).await;
    let (mut former, mut other) = renewed(&setup).await;
    let successor = other.cookies.clone();
    kinds(&mut events);
    for _ in 0..3 {
        setup.clock.advance(Duration::hours(20));
        let sent = read(&mut former.clone()).await;
        assert_eq!(
            sent,
            successor.values().next().cloned(),
            "the same successor"
        );
    }
    assert!(read(&mut former).await.is_some());
    assert_eq!(former.cookies, successor);
    assert_eq!(former.keys().await, ["x"]);
    assert_eq!(read(&mut other).await, None);
    assert_eq!(kinds(&mut events), []);
}

async fn a_page_of_many_parts_falls_due_and_nobody_is_a_thief<B: Backend>() {
    let (setup, mut events) =
        watched::<B>(|builder| builder.suspected_theft(SuspectedTheft::EndSession)).await;
    let former = setup.user("user:1").await;
    setup.clock.advance(INTERVAL);
    kinds(&mut events);
    let visits = join_all((0..12).map(|_| former.begin())).await;
    let replies = join_all(visits.into_iter().map(|visit| visit.finish())).await;
    let sent: HashSet<_> = replies
        .iter()
        .filter_map(|reply| reply.new_cookie())
        .collect();
    assert_eq!(sent.len(), 1, "all who are sent a secret are sent the same");
    let mut browser = former.clone();
    replies.iter().for_each(|reply| browser.keep(reply));
    // One that was sent before comes when the successor is in use already.
    read(&mut browser).await;
    setup.clock.advance(Duration::seconds(30));
    assert!(former.is_known().await);
    assert_eq!(browser.keys().await, ["x"]);
    assert_eq!(kinds(&mut events), [Kind::Renewed]);
}

async fn a_thief_who_comes_first_is_told_by_the_owner<B: Backend>() {
    let (setup, mut events) = watched::<B>(|builder| builder).await;
    // The thief's request is the one that falls due.
    let (owner, mut thief) = renewed(&setup).await;
    read(&mut thief).await;
    setup.clock.advance(Duration::MINUTE);
    kinds(&mut events);
    assert!(!owner.is_known().await);
    assert_eq!(kinds(&mut events), [Kind::SuspectedTheft]);
}

async fn a_slow_response_sends_no_successor_that_is_in_use_by_then<B: Backend>() {
    let setup = renewing::<B>().await;
    let (former, mut browser) = renewed(&setup).await;
    // It comes while nobody has used the successor, and so would be sent that again.
    let slow = former.begin().await;
    read(&mut browser).await;
    assert_eq!(slow.finish().await.set_cookies(), [""; 0]);
    assert!(browser.is_known().await);
}

async fn a_request_that_saved_before_a_renewal_sends_no_cookie_after_it<B: Backend>() {
    let configure = |builder: SessionsBuilder| {
        builder
            .renewal_interval(INTERVAL)
            .max_age(Duration::days(5))
    };
    let setup = B::configured(configure).await;
    let mut browser = setup.visitor().await;
    let slow = browser.begin().await;
    slow.session.insert("y", 1).unwrap();
    slow.session.save().await.unwrap();
    setup.clock.advance(INTERVAL);
    assert!(read(&mut browser).await.is_some());
    read(&mut browser).await;
    let late = slow.finish().await;
    assert_eq!(late.set_cookies(), [""; 0]);
    assert_eq!(browser.keys().await, ["x", "y"]);
}

async fn a_log_in_never_accepts_what_came_before_it<B: Backend>() {
    let (setup, mut events) = watched::<B>(|builder| builder).await;
    let mut victim = setup.visitor().await;
    let planted = victim.clone();
    setup.clock.advance(INTERVAL);
    // A periodic renewal has made a successor, and the planted secret is its former one.
    read(&mut victim).await;
    assert!(planted.is_known().await);
    let successor = victim.clone();
    victim.visit(|s| s.log_in("ada")).await;
    kinds(&mut events);
    for old in [&planted, &successor] {
        assert!(!old.is_known().await);
    }
    // Nobody has stolen anything: these may be requests that were under way.
    assert_eq!(kinds(&mut events), []);
    assert!(victim.is_known().await);

    setup.clock.advance(INTERVAL);
    read(&mut victim).await;
    for old in [&planted, &successor] {
        assert!(!old.is_known().await);
    }
}

async fn who_comes_with_the_former_secret_can_log_in<B: Backend>() {
    let setup = renewing::<B>().await;
    let former = setup.visitor().await;
    setup.clock.advance(INTERVAL);
    let mut lost = former.clone();
    read(&mut lost).await;
    let mut browser = former.clone();
    let reply = browser.visit(|s| s.log_in("ada")).await;
    assert!(reply.new_cookie().is_some());
    assert!(browser.is_known().await);
    assert!(!former.is_known().await);
    assert!(!lost.is_known().await);
}

on_each_storage! {
    the_former_secret_opens_for_a_minute_after_its_successor_was_used
    a_secret_that_another_request_has_brought_already_is_sent_to_nobody
    a_stolen_secret_ends_the_session_where_that_is_asked_for
    a_stale_cookie_beside_the_current_one_ends_nothing
    a_lost_response_costs_nothing_however_late_the_browser_comes_back
    a_page_of_many_parts_falls_due_and_nobody_is_a_thief
    a_thief_who_comes_first_is_told_by_the_owner
    a_slow_response_sends_no_successor_that_is_in_use_by_then
    a_request_that_saved_before_a_renewal_sends_no_cookie_after_it
    a_log_in_never_accepts_what_came_before_it
    who_comes_with_the_former_secret_can_log_in
}

use axum_bare_session::{Duration, SessionEventKind as Kind, SessionsBuilder, SuspectedTheft};

use super::{INTERVAL, kinds, read, renewed, renewing, watched};
use crate::support::{Backend, on_each_storage};

async fn the_former_secret_opens_until_its_successor_is_used<B: Backend>() {
    let (setup, mut events) = watched::<B>(|builder| builder).await;
    let (mut former, mut browser) = renewed(&setup).await;
    setup.clock.advance(Duration::seconds(4));
    assert_eq!(former.keys().await, ["x"]);
    assert_eq!(read(&mut former).await, None);
    kinds(&mut events);

    assert_eq!(read(&mut browser).await, None);
    assert!(!former.is_known().await);
    assert_eq!(kinds(&mut events), [Kind::SuspectedTheft]);
    assert!(browser.is_known().await, "the session lives on");
}

async fn a_stolen_secret_ends_the_session_where_that_is_asked_for<B: Backend>() {
    let (setup, mut events) =
        watched::<B>(|builder| builder.suspected_theft(SuspectedTheft::EndSession)).await;
    let (thief, mut browser) = renewed(&setup).await;
    read(&mut browser).await;
    kinds(&mut events);
    assert!(!thief.is_known().await);
    assert_eq!(kinds(&mut events), [Kind::SuspectedTheft, Kind::Revoked]);
    assert!(!browser.is_known().await);
    assert_eq!(setup.storage.stored().await, 0);
}

async fn a_browser_that_did_not_get_the_response_is_sent_another_successor<B: Backend>() {
    let setup = renewing::<B>().await;
    let (mut former, lost) = renewed(&setup).await;
    setup.clock.advance(Duration::seconds(5));
    assert!(read(&mut former).await.is_some());
    assert_eq!(former.keys().await, ["x"]);
    assert!(!lost.is_known().await, "what was lost opens nothing");
    setup.clock.advance(Duration::HOUR);
    assert!(former.is_known().await);
}

async fn without_any_response_the_former_secret_ends_after_a_minute<B: Backend>() {
    let (setup, mut events) = watched::<B>(|builder| builder).await;
    let (former, _lost) = renewed(&setup).await;
    setup.clock.advance(Duration::seconds(59));
    assert!(former.is_known().await);
    setup.clock.advance(Duration::SECOND);
    kinds(&mut events);
    assert!(!former.is_known().await);
    assert_eq!(kinds(&mut events), [Kind::WrongSecret]);
}

async fn a_request_with_the_former_secret_never_sends_it_again<B: Backend>() {
    let setup = B::configured(|builder| {
        builder
            .renewal_interval(INTERVAL)
            .max_age(Duration::days(5))
    })
    .await;
    let (mut former, browser) = renewed(&setup).await;
    let reply = former.visit(|s| s.insert("y", 1)).await;
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert_eq!(browser.keys().await, ["x", "y"]);
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
    assert_eq!(kinds(&mut events), [Kind::WrongSecret, Kind::WrongSecret]);
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
    without_any_response_the_former_secret_ends_after_a_minute
    the_former_secret_opens_until_its_successor_is_used
    a_stolen_secret_ends_the_session_where_that_is_asked_for
    a_browser_that_did_not_get_the_response_is_sent_another_successor
    a_request_with_the_former_secret_never_sends_it_again
    a_request_that_saved_before_a_renewal_sends_no_cookie_after_it
    a_log_in_never_accepts_what_came_before_it
    who_comes_with_the_former_secret_can_log_in
}

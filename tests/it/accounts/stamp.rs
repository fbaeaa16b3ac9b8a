use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{Duration, SessionData, SessionError};

use crate::support::{Backend, Browser, Setup, on_each_storage};

/// A browser of `user:1`, whose password has the hash `one`.
async fn user<S: SessionStorage + Clone>(setup: &Setup<S>) -> Browser {
    let mut browser = setup.visitor().await;
    let log_in = |session: &SessionData| {
        session.log_in("user:1")?;
        session.set_stamp("one")
    };
    browser.visit(log_in).await;
    browser
}

/// Whether the session passes as its owner's while the password has the hash `current`.
async fn passes(browser: &mut Browser, current: &str) -> bool {
    let visit = browser.begin().await;
    let checked = visit.session.check_stamp(current).await;
    let passes = match checked {
        Ok(()) => true,
        Err(SessionError::NotLoggedIn) => false,
        Err(error) => panic!("{error}"),
    };
    assert!(!passes || visit.session.owner().is_some());
    browser.keep(&visit.finish().await);
    passes
}

async fn a_new_password_ends_every_session_but_the_one_it_was_changed_in<B: Backend>() {
    let setup = B::setup().await;
    let (mut this, mut other) = (user(&setup).await, user(&setup).await);
    assert!(passes(&mut this, "one").await && passes(&mut other, "one").await);
    this.visit(|s| s.set_stamp("two")).await;
    assert!(!passes(&mut other, "two").await);
    assert!(!other.is_known().await && other.cookies.is_empty());
    assert!(passes(&mut this, "two").await);
    assert_eq!(setup.sessions.list("user:1").await.unwrap().len(), 1);
    assert!(!passes(&mut this, "three").await);
    assert!(!this.is_known().await);
}

async fn between_the_two_writes_of_a_change_both_hold_and_no_third<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = user(&setup).await;
    browser.visit(|s| s.set_stamp("two")).await;
    assert!(passes(&mut browser, "one").await && passes(&mut browser, "two").await);
    browser.visit(|s| s.set_stamp("three")).await;
    assert!(passes(&mut browser, "two").await && passes(&mut browser, "three").await);
    assert!(!passes(&mut browser, "one").await);
}

/// The session was saved, and the account's own storage failed: the password is still the first one.
async fn a_change_that_failed_halfway_can_be_tried_again_however_often<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = user(&setup).await;
    for salt in ["two", "three", "four"] {
        let change = browser.begin().await;
        change.session.check_stamp("one").await.unwrap();
        change.session.set_stamp(salt).unwrap();
        browser.keep(&change.finish().await);
        assert!(passes(&mut browser, "one").await, "{salt}");
        assert!(passes(&mut browser, salt).await);
    }
    assert!(!passes(&mut browser, "three").await);
}

/// What was confirmed was confirmed of another log-in.
async fn a_stamp_from_before_a_log_in_is_not_kept<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = user(&setup).await;
    let again = browser.begin().await;
    again.session.check_stamp("one").await.unwrap();
    again.session.log_in("user:2").unwrap();
    again.session.set_stamp("two").unwrap();
    browser.keep(&again.finish().await);
    assert!(passes(&mut browser, "two").await);
    assert!(!passes(&mut browser, "one").await);
}

async fn a_stamp_outlives_whatever_is_no_log_in<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = user(&setup).await;
    browser.visit(SessionData::renew).await;
    browser.visit(SessionData::reauthenticated).await;
    browser.visit(|s| s.remember(Duration::days(7))).await;
    browser.visit(|s| s.set_label("Firefox")).await;
    let clear = |s: &SessionData| {
        s.clear();
        s.insert("y", 2)
    };
    browser.visit(clear).await;
    assert!(passes(&mut browser, "one").await);
}

async fn a_log_in_without_a_stamp_leaves_none<B: Backend>() {
    let setup = B::setup().await;
    for owner in ["user:1", "user:2"] {
        let mut browser = user(&setup).await;
        browser.visit(|s| s.log_in(owner)).await;
        assert!(!passes(&mut browser, "one").await, "{owner}");
        assert!(!browser.is_known().await);
    }
}

async fn a_log_out_takes_the_stamp_with_it<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = user(&setup).await;
    browser.visit(|s| s.log_out_keeping(["x"])).await;
    assert!(!passes(&mut browser, "one").await);
    let set = browser.begin().await;
    let refused = set.session.set_stamp("one");
    assert!(matches!(refused, Err(SessionError::NotLoggedIn)));
    set.finish().await;
    // Nobody was logged out: a visitor keeps what they have.
    assert_eq!(browser.read::<u64>("x").await, Some(1));
}

async fn a_stamp_comes_with_a_new_secret_and_loses_no_parallel_write<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = user(&setup).await;
    let stolen = browser.clone();
    let (change, writer) = (browser.begin().await, browser.begin().await);
    change.session.set_stamp("two").unwrap();
    writer.session.insert("cart", ["apple"]).unwrap();
    writer.finish().await;
    browser.keep(&change.finish().await);
    assert!(!stolen.is_known().await);
    assert!(passes(&mut browser, "two").await);
    assert_eq!(browser.keys().await, ["cart", "x"]);
}

async fn of_two_changes_at_once_the_later_says_so_and_stamps_nothing<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = user(&setup).await;
    let (first, second) = (browser.begin().await, browser.begin().await);
    first.session.set_stamp("two").unwrap();
    second.session.set_stamp("three").unwrap();
    browser.keep(&first.finish().await);
    let superseded = second.session.save().await;
    assert!(matches!(superseded, Err(SessionError::Superseded)));
    second.finish().await;
    assert!(passes(&mut browser, "two").await);
    assert!(!passes(&mut browser, "three").await);
}

/// It has seen the old session and the new password.
async fn a_request_that_a_change_overtakes_fails_and_ends_nothing<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = user(&setup).await;
    let (change, late) = (browser.begin().await, browser.begin().await);
    change.session.set_stamp("two").unwrap();
    browser.keep(&change.finish().await);
    let checked = late.session.check_stamp("two").await;
    assert!(matches!(checked, Err(SessionError::NotLoggedIn)));
    let reply = late.finish().await;
    assert_eq!(reply.new_cookie(), None);
    assert!(passes(&mut browser, "two").await);
}

on_each_storage! {
    a_new_password_ends_every_session_but_the_one_it_was_changed_in
    between_the_two_writes_of_a_change_both_hold_and_no_third
    a_change_that_failed_halfway_can_be_tried_again_however_often
    a_stamp_from_before_a_log_in_is_not_kept
    a_stamp_outlives_whatever_is_no_log_in
    a_log_in_without_a_stamp_leaves_none
    a_log_out_takes_the_stamp_with_it
    a_stamp_comes_with_a_new_secret_and_loses_no_parallel_write
    of_two_changes_at_once_the_later_says_so_and_stamps_nothing
    a_request_that_a_change_overtakes_fails_and_ends_nothing
}

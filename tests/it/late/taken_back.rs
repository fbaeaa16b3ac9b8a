//! What is destroyed, and perhaps taken back, where a save had no answer.
//!
//! Time stands still as long as anything goes on, so that on no busy machine a time limit passes at a gate.

use std::time::Duration as Wait;

use axum_bare_session::SessionError;
use tokio::task::JoinHandle;

use crate::support::{Browser, Call, Fault, Gate, Setup, Visit};

/// A visitor's request, which has changed something.
async fn begun() -> (Setup, Browser, Visit) {
    let limit = Wait::from_millis(100);
    let setup = Setup::configured(|builder| builder.storage_timeout(limit));
    let browser = setup.browser();
    let visit = browser.begin().await;
    visit.session.insert("a", 1).unwrap();
    (setup, browser, visit)
}

/// A save that has come to the gate.
async fn saving(setup: &Setup, visit: &Visit) -> (Gate, JoinHandle<Result<(), SessionError>>) {
    let gate = setup.storage.gate(Call::Save);
    let session = visit.session.clone();
    let save = tokio::spawn(async move { session.save().await });
    gate.arrival().await;
    (gate, save)
}

/// Finishes a request, and tells what its browser has then.
async fn finish(mut browser: Browser, visit: Visit) -> Vec<String> {
    let reply = visit.finish().await;
    assert_eq!(reply.status, 200);
    browser.keep(&reply);
    browser.keys().await
}

async fn assert_leaves_nothing(setup: &Setup, browser: Browser, visit: Visit) {
    assert_eq!(setup.storage.inner.len(), 1);
    visit.session.destroy();
    assert_eq!(finish(browser, visit).await, [""; 0]);
    assert!(setup.storage.inner.is_empty());
}

/// What may have been created is deleted, and what was undone is not there.
#[tokio::test(start_paused = true)]
async fn a_destruction_of_what_was_not_saved_is_taken_back() {
    for fault in [Fault::Fail, Fault::HangAfter] {
        let (setup, browser, visit) = begun().await;
        setup.storage.fault(Call::Save, fault);
        visit.session.save().await.unwrap_err();
        setup.storage.heal();
        visit.session.destroy();
        visit.session.revert();
        assert!(visit.session.is_new() && visit.session.is_empty());
        visit.session.insert("b", 1).unwrap();
        assert_eq!(finish(browser, visit).await, ["b"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_destruction_of_what_is_not_saved_after_all_is_taken_back() {
    let (setup, browser, visit) = begun().await;
    setup.storage.fault(Call::Save, Fault::NotMigrated);
    let (gate, save) = saving(&setup, &visit).await;
    visit.session.destroy();
    visit.session.revert();
    gate.open();
    save.await.unwrap().unwrap_err();
    setup.storage.heal();
    visit.session.insert("b", 1).unwrap();
    assert_eq!(finish(browser, visit).await, ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_created_is_deleted_with_what_was_destroyed() {
    let (setup, browser, visit) = begun().await;
    setup.storage.fault(Call::Save, Fault::HangAfter);
    visit.session.save().await.unwrap_err();
    setup.storage.heal();
    assert_leaves_nothing(&setup, browser, visit).await;
}

/// The first creation was never made, and the answer to the second one, under another id, is lost.
#[tokio::test(start_paused = true)]
async fn what_may_have_been_created_at_the_second_attempt_is_deleted_too() {
    let (setup, browser, visit) = begun().await;
    setup.storage.fault(Call::Save, Fault::Fail);
    visit.session.save().await.unwrap_err();
    setup.storage.heal();
    let (gate, save) = saving(&setup, &visit).await; // whether the first was made
    setup.storage.fault(Call::Save, Fault::HangAfter);
    for _ in 0..3 {
        gate.open();
    }
    save.await.unwrap().unwrap_err();
    setup.storage.heal();
    assert_leaves_nothing(&setup, browser, visit).await;
}

/// It has no answer, and is sent again with the response.
#[tokio::test(start_paused = true)]
async fn a_save_that_a_destruction_came_over_and_went_is_made_with_the_response() {
    let (setup, browser, visit) = begun().await;
    setup.storage.fault(Call::Save, Fault::Fail);
    let (gate, save) = saving(&setup, &visit).await;
    visit.session.destroy();
    visit.session.revert();
    for _ in 0..2 {
        gate.open();
    }
    save.await.unwrap().unwrap_err();
    setup.storage.heal();
    assert_eq!(finish(browser, visit).await, ["a"]);
}

//! What is destroyed, and perhaps taken back, where a save had no answer.

use std::time::Duration as Wait;

use crate::support::{Call, Fault, Setup};

fn setup() -> Setup {
    Setup::configured(|builder| builder.storage_timeout(Wait::from_millis(100)))
}

/// What may have been created is deleted, and what was undone is not there.
#[tokio::test]
async fn a_destruction_of_what_was_not_saved_is_taken_back() {
    for fault in [Fault::Fail, Fault::HangAfter] {
        let setup = setup();
        let mut browser = setup.browser();
        let visit = browser.begin().await;
        visit.session.insert("a", 1).unwrap();
        setup.storage.fault(Call::Save, fault);
        setup.storage.fault(Call::Touch, Fault::Fail);
        visit.session.save().await.unwrap_err();
        setup.storage.heal();
        visit.session.destroy();
        visit.session.revert();
        assert!(visit.session.is_new() && visit.session.is_empty());
        visit.session.insert("b", 1).unwrap();
        let reply = visit.finish().await;
        assert_eq!(reply.status, 200);
        browser.keep(&reply);
        assert_eq!(browser.keys().await, ["b"]);
    }
}

#[tokio::test]
async fn a_destruction_of_what_is_not_saved_after_all_is_taken_back() {
    let setup = setup();
    let mut browser = setup.browser();
    let visit = browser.begin().await;
    visit.session.insert("a", 1).unwrap();
    setup.storage.fault(Call::Save, Fault::NotMigrated);
    let gate = setup.storage.gate(Call::Save);
    let session = visit.session.clone();
    let save = tokio::spawn(async move { session.save().await });
    gate.arrival().await;
    visit.session.destroy();
    visit.session.revert();
    gate.open();
    save.await.unwrap().unwrap_err();
    setup.storage.heal();
    visit.session.insert("b", 1).unwrap();
    let reply = visit.finish().await;
    assert_eq!(reply.status, 200);
    browser.keep(&reply);
    assert_eq!(browser.read("b").await, Some(1));
}

#[tokio::test]
async fn what_may_have_been_created_is_deleted_with_what_was_destroyed() {
    let setup = setup();
    let visit = setup.browser().begin().await;
    visit.session.insert("a", 1).unwrap();
    setup.storage.fault(Call::Save, Fault::HangAfter);
    setup.storage.fault(Call::Touch, Fault::Fail);
    visit.session.save().await.unwrap_err();
    setup.storage.heal();
    assert_eq!(setup.storage.inner.len(), 1);
    visit.session.destroy();
    let reply = visit.finish().await;
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (200, 0));
    assert!(setup.storage.inner.is_empty());
}

/// The first creation was never made, and the answer to the second one, under another id, is lost.
#[tokio::test]
async fn what_may_have_been_created_at_the_second_attempt_is_deleted_too() {
    let setup = setup();
    let visit = setup.browser().begin().await;
    visit.session.insert("a", 1).unwrap();
    setup.storage.fault(Call::Save, Fault::Fail);
    visit.session.save().await.unwrap_err();
    setup.storage.heal();
    let gate = setup.storage.gate(Call::Save);
    let session = visit.session.clone();
    let save = tokio::spawn(async move { session.save().await });
    gate.arrival().await; // whether the first was made
    setup.storage.fault(Call::Save, Fault::HangAfter);
    for _ in 0..3 {
        gate.open();
    }
    save.await.unwrap().unwrap_err();
    setup.storage.heal();
    assert_eq!(setup.storage.inner.len(), 1);
    visit.session.destroy();
    let reply = visit.finish().await;
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (200, 0));
    assert!(setup.storage.inner.is_empty());
}

/// It has no answer, and is sent again with the response.
#[tokio::test]
async fn a_save_that_a_destruction_came_over_and_went_is_made_with_the_response() {
    let setup = setup();
    let mut browser = setup.browser();
    let visit = browser.begin().await;
    visit.session.insert("a", 1).unwrap();
    setup.storage.fault(Call::Save, Fault::Fail);
    let gate = setup.storage.gate(Call::Save);
    let session = visit.session.clone();
    let save = tokio::spawn(async move { session.save().await });
    gate.arrival().await;
    visit.session.destroy();
    visit.session.revert();
    gate.open();
    gate.open();
    save.await.unwrap().unwrap_err();
    setup.storage.heal();
    let reply = visit.finish().await;
    assert_eq!(reply.status, 200);
    browser.keep(&reply);
    assert_eq!(browser.read("a").await, Some(1));
}

//! A clone of the session saves while the handler, or another clone, goes on.

use axum_bare_session::{Duration, SessionData};

use crate::support::{Call, Fault, Log, Setup};

#[tokio::test]
async fn a_session_that_is_renewed_saved_and_destroyed_in_one_handler_has_its_cookie_removed() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.log_in("user:42").unwrap();
    visit.session.save().await.unwrap();
    visit.session.destroy();
    let reply = visit.finish().await;
    assert_eq!(reply.set_cookies().len(), 1);
    browser.keep(&reply);
    assert!(browser.cookies.is_empty());
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_response_waits_for_the_save_of_a_clone_that_renews_the_session() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.log_in("user:42").unwrap();
    let gate = setup.storage.gate(Call::Save);
    let clone = visit.session.clone();
    let save = tokio::spawn(async move { clone.save().await });
    gate.arrival().await;
    let reply = visit.begin_commit("done");
    tokio::task::yield_now().await;
    gate.open();
    save.await.unwrap().unwrap();
    setup.storage.heal();
    browser.keep(&reply.await.unwrap());
    assert!(browser.is_known().await);
    assert_eq!(browser.keys().await, ["x"]);
}

#[tokio::test]
async fn a_response_waits_for_the_save_of_a_clone_that_creates_the_session() {
    let setup = Setup::new();
    let mut browser = setup.browser();
    let visit = browser.begin().await;
    visit.session.insert("x", 1).unwrap();
    let gate = setup.storage.gate(Call::Save);
    let clone = visit.session.clone();
    let save = tokio::spawn(async move { clone.save().await });
    gate.arrival().await;
    let reply = visit.begin_commit("done");
    tokio::task::yield_now().await;
    gate.open();
    save.await.unwrap().unwrap();
    setup.storage.heal();
    browser.keep(&reply.await.unwrap());
    assert_eq!(browser.read("x").await, Some(1));
}

#[tokio::test]
async fn a_session_that_is_destroyed_while_its_first_save_is_under_way_is_destroyed() {
    let setup = Setup::new();
    let browser = setup.browser();
    let visit = browser.begin().await;
    visit.session.insert("x", 1).unwrap();
    let gate = setup.storage.gate(Call::Save);
    let clone = visit.session.clone();
    let save = tokio::spawn(async move { clone.save().await });
    gate.arrival().await;
    visit.session.destroy();
    assert!(visit.session.is_empty());
    gate.open();
    save.await.unwrap().unwrap();
    assert!(visit.session.is_empty());
    let reply = visit.finish().await;
    assert_eq!(reply.new_cookie(), None);
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn what_is_written_after_a_destruction_during_a_save_goes_into_a_new_session() {
    let setup = Setup::new();
    let mut browser = setup.user("user:42").await;
    let visit = browser.begin().await;
    visit.session.insert("x", 2).unwrap();
    let gate = setup.storage.gate(Call::Save);
    let clone = visit.session.clone();
    let save = tokio::spawn(async move { clone.save().await });
    gate.arrival().await;
    visit.session.destroy();
    visit.session.insert("flash", "bye").unwrap();
    gate.open();
    save.await.unwrap().unwrap();
    assert_eq!(visit.session.keys(), ["flash"]);
    setup.storage.heal();
    browser.keep(&visit.finish().await);
    assert_eq!(browser.keys().await, ["flash"]);
    assert!(setup.sessions.list("user:42").await.unwrap().is_empty());
    assert_eq!(setup.storage.inner.len(), 1);
}

#[tokio::test]
async fn a_destruction_during_a_save_that_a_renewal_overtakes_still_destroys() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.insert("y", 1).unwrap();
    let mut other = browser.clone();
    other.visit(|session| session.log_in("user:42")).await;
    let gate = setup.storage.gate(Call::Save);
    let clone = visit.session.clone();
    let save = tokio::spawn(async move { clone.save().await });
    gate.arrival().await;
    visit.session.destroy();
    gate.open();
    // The changes are made again under the renewed session.
    gate.arrival().await;
    gate.open();
    save.await.unwrap().unwrap();
    setup.storage.heal();
    visit.finish().await;
    assert!(!other.is_known().await);
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_destruction_during_a_save_that_fails_leaves_no_change_to_save_again() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.insert("y", 1).unwrap();
    setup.storage.fault(Call::Save, Fault::Fail);
    let gate = setup.storage.gate(Call::Save);
    let clone = visit.session.clone();
    let save = tokio::spawn(async move { clone.save().await });
    gate.arrival().await;
    visit.session.destroy();
    gate.open();
    save.await.unwrap().unwrap_err();
    setup.storage.heal();
    let reply = visit.finish().await;
    assert_eq!(reply.new_cookie(), None);
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_destruction_during_the_first_save_that_fails_leaves_nothing_to_save_again() {
    let setup = Setup::new();
    let visit = setup.browser().begin().await;
    visit.session.insert("y", 1).unwrap();
    setup.storage.fault(Call::Save, Fault::Fail);
    let gate = setup.storage.gate(Call::Save);
    let clone = visit.session.clone();
    let save = tokio::spawn(async move { clone.save().await });
    gate.arrival().await;
    visit.session.destroy();
    gate.open();
    save.await.unwrap().unwrap_err();
    setup.storage.heal();
    assert_eq!(visit.finish().await.set_cookies(), [""; 0]);
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_destruction_during_a_reload_is_not_undone_by_it() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let visit = browser.begin().await;
    let gate = setup.storage.gate(Call::Load);
    let clone = visit.session.clone();
    let reload = tokio::spawn(async move { clone.reload().await });
    gate.arrival().await;
    visit.session.destroy();
    visit.session.insert("flash", "bye").unwrap();
    gate.open();
    reload.await.unwrap().unwrap();
    setup.storage.heal();
    browser.keep(&visit.finish().await);
    assert_eq!(browser.keys().await, ["flash"]);
    assert_eq!(setup.storage.inner.len(), 1);
}

#[tokio::test]
async fn a_visitor_who_is_remembered_before_there_is_a_session_is_remembered_with_it() {
    let log = Log::new();
    let setup = Setup::new();
    let visit = setup.browser().begin().await;
    visit.session.remember(Duration::days(7)).unwrap();
    visit.session.save().await.unwrap();
    assert!(setup.storage.inner.is_empty());
    visit.session.insert("x", 1).unwrap();
    let cookie = visit.finish().await.set_cookie().unwrap();
    assert_eq!(cookie.lifetime(), (Some(604_800), None));

    let visit = setup.browser().begin().await;
    visit.session.remember(Duration::days(7)).unwrap();
    visit.session.save().await.unwrap();
    assert_eq!(visit.finish().await.set_cookie(), None);
    assert!(!log.text().contains("lost"), "{}", log.text());
}

#[tokio::test]
async fn a_destruction_during_the_save_of_a_log_in_that_is_taken_back_leaves_the_log_in() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.log_in("user:42").unwrap();
    let gate = setup.storage.gate(Call::Save);
    let clone = visit.session.clone();
    let save = tokio::spawn(async move { clone.save().await });
    gate.arrival().await;
    visit.session.destroy();
    gate.open();
    save.await.unwrap().unwrap();
    setup.storage.heal();
    visit.session.revert();
    assert_eq!(visit.session.owner().as_deref(), Some("user:42"));
    browser.keep(&visit.finish().await);
    assert_eq!(browser.keys().await, ["x"]);
}

/// The clone's change is made as if it had come before the renewal. What was written meanwhile came after it.
#[tokio::test]
async fn what_is_written_during_a_save_that_a_renewal_overtakes_is_dropped() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.insert("y", 1).unwrap();
    let mut other = browser.clone();
    other.visit(|session| session.log_in("user:42")).await;
    let gate = setup.storage.gate(Call::Save);
    let clone = visit.session.clone();
    let save = tokio::spawn(async move { clone.save().await });
    gate.arrival().await;
    visit.session.insert("z", 1).unwrap();
    gate.open();
    gate.arrival().await;
    gate.open();
    save.await.unwrap().unwrap();
    setup.storage.heal();
    // As of any change that comes too late: an error would have the client try again under the same cookie.
    let (log, id) = (Log::new(), visit.session.id().unwrap());
    assert_eq!(visit.finish().await.status, 200);
    assert_eq!(other.keys().await, ["x", "y"]);
    let said = log.text();
    assert!(
        said.contains("changes dropped") && said.contains(&id.to_string()),
        "{said}"
    );
}

/// What the clone saves comes too late for a renewal; what was written meanwhile does so too.
#[tokio::test]
async fn a_log_in_during_a_save_that_a_renewal_overtakes_is_no_success() {
    for work in [
        |s: &SessionData| s.log_in("user:7"),
        |s: &SessionData| s.log_out_keeping(["x"]).and_then(|()| s.log_in("user:7")),
        |s: &SessionData| s.renew(),
    ] {
        let setup = Setup::new();
        let browser = setup.visitor().await;
        let visit = browser.begin().await;
        visit.session.insert("y", 1).unwrap();
        let mut other = browser.clone();
        other.visit(|session| session.log_in("user:42")).await;
        let gate = setup.storage.gate(Call::Save);
        let clone = visit.session.clone();
        let save = tokio::spawn(async move { clone.save().await });
        gate.arrival().await;
        work(&visit.session).unwrap();
        gate.open();
        gate.arrival().await;
        gate.open();
        save.await.unwrap().unwrap();
        setup.storage.heal();
        assert_eq!(visit.finish().await.status, 503);
        assert_eq!(other.keys().await, ["x", "y"]);
    }
}

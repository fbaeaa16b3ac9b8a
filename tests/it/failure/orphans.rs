//! A client that hangs up on its first request: nobody will ever come with the cookie of a session that is created
//! then.

use crate::support::{Backend, Call, Fault, Work, on_each_storage};

const WORKS: [Work; 6] = [
    |s| s.insert("x", 1),
    |s| s.update("x", |n: Option<u8>| n.unwrap_or(0) + 1).map(drop),
    |s| s.log_in("user:42"),
    |s| {
        s.remember(axum_bare_session::Duration::days(9))?;
        s.insert("x", 1)
    },
    |s| {
        s.set_label("a phone")?;
        s.log_in("user:42")
    },
    |s| {
        s.destroy();
        s.insert("x", 1)
    },
];

async fn a_task_that_survives_a_hang_up_during_the_handler_creates_nothing<B: Backend>() {
    for (index, work) in WORKS.into_iter().enumerate() {
        for wrote_before in [true, false] {
            let setup = B::setup().await;
            let visit = setup.browser().begin().await;
            let survivor = visit.session.clone();
            if wrote_before {
                work(&survivor).unwrap();
            }
            visit.hang_up().await;
            let written = work(&survivor);
            let saved = survivor.save().await;
            assert!(written.is_err() || saved.is_err(), "{index}");
            assert_eq!(setup.storage.stored().await, 0, "{index}");
            assert!(setup.sessions.list("user:42").await.unwrap().is_empty());
        }
    }
}

/// A log-in whose save has failed would be made by the next one, and nobody would get its cookie.
async fn a_log_in_that_failed_before_the_hang_up_is_never_made<B: Backend>() {
    for has_session in [true, false] {
        let setup = B::setup().await;
        let browser = match has_session {
            true => setup.visitor().await,
            false => setup.browser(),
        };
        let visit = browser.begin().await;
        let survivor = visit.session.clone();
        survivor.log_in("user:42").unwrap();
        setup.storage.fault(Call::Save, Fault::Fail);
        survivor.save().await.unwrap_err();
        setup.storage.heal();
        visit.hang_up().await;
        survivor.save().await.unwrap_err();
        assert!(setup.sessions.list("user:42").await.unwrap().is_empty());
        assert_eq!(browser.is_known().await, has_session);
    }
}

async fn a_save_that_fails_after_the_hang_up_is_never_made<B: Backend>() {
    for has_session in [true, false] {
        let setup = B::setup().await;
        let browser = match has_session {
            true => setup.visitor().await,
            false => setup.browser(),
        };
        let visit = browser.begin().await;
        let survivor = visit.session.clone();
        survivor.log_in("user:42").unwrap();
        setup.storage.fault(Call::Save, Fault::Fail);
        let gate = setup.storage.gate(Call::Save);
        let clone = survivor.clone();
        let save = tokio::spawn(async move { clone.save().await });
        gate.arrival().await;
        visit.hang_up().await;
        gate.open();
        gate.open();
        save.await.unwrap().unwrap_err();
        setup.storage.heal();
        survivor.save().await.unwrap_err();
        assert!(setup.sessions.list("user:42").await.unwrap().is_empty());
        assert_eq!(browser.is_known().await, has_session);
    }
}

async fn a_session_that_was_saved_before_the_hang_up_is_there_and_can_be_ended<B: Backend>() {
    let setup = B::setup().await;
    let visit = setup.browser().begin().await;
    let survivor = visit.session.clone();
    survivor.insert("x", 1).unwrap();
    survivor.save().await.unwrap();
    visit.hang_up().await;
    assert_eq!(setup.storage.stored().await, 1);
    survivor.destroy();
    survivor.save().await.unwrap();
    assert_eq!(setup.storage.stored().await, 0);
    assert!(survivor.insert("y", 1).is_err() || survivor.save().await.is_err());
    assert_eq!(setup.storage.stored().await, 0);
}

async fn a_hang_up_during_the_first_commit_leaves_all_of_it<B: Backend>() {
    let setup = B::setup().await;
    let visit = setup.browser().begin().await;
    visit.session.insert("x", 1).unwrap();
    visit.session.log_in("user:42").unwrap();
    let gate = setup.storage.gate(Call::Save);
    let request = visit.begin_commit("done");
    gate.arrival().await;
    crate::support::hang_up(request).await;
    setup.storage.heal();
    gate.open();
    for _ in 0..500 {
        if setup.storage.stored().await == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(setup.sessions.list("user:42").await.unwrap().len(), 1);
}

on_each_storage! {
    a_task_that_survives_a_hang_up_during_the_handler_creates_nothing
    a_log_in_that_failed_before_the_hang_up_is_never_made
    a_save_that_fails_after_the_hang_up_is_never_made
    a_session_that_was_saved_before_the_hang_up_is_there_and_can_be_ended
    a_hang_up_during_the_first_commit_leaves_all_of_it
}

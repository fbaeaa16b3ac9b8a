//! A `save` that nobody waits for any more.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration as Wait;

use axum::body::{Body, Bytes};
use axum_bare_session::SessionError;
use futures_util::stream::once;
use tokio::time::timeout;

use crate::support::{Backend, Call, on_each_storage};

async fn a_save_under_the_handlers_own_time_limit_is_made_once<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    for request in 0..20 {
        let visit = browser.begin().await;
        let add = |n: Option<u32>| n.unwrap_or(0) + 1;
        visit.session.update("n", add).unwrap();
        let gate = setup.storage.gate(Call::Save);
        let saved = timeout(Wait::from_millis(2), visit.session.save()).await;
        assert!(saved.is_err(), "the storage is slow");
        gate.arrival().await;
        setup.storage.heal();
        // The storage answers before the handler returns, or after it.
        let reply = if request % 2 == 0 {
            gate.open();
            visit.finish().await
        } else {
            let reply = visit.begin_commit("done");
            tokio::task::yield_now().await;
            gate.open();
            reply.await.unwrap()
        };
        assert_eq!(reply.status, 200);
        assert_eq!(browser.read("n").await, Some(request + 1));
    }
    assert_eq!(browser.read("n").await, Some(20));
}

async fn a_save_that_only_the_body_polls_on_holds_up_nobody<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.insert("y", 1).unwrap();
    let session = visit.session.clone();
    let mut save = Box::pin(async move { session.save().await });
    let gate = setup.storage.gate(Call::Save);
    // The handler has begun it.
    let begun = poll_fn(|context| Poll::Ready(save.as_mut().poll(context).is_ready()));
    assert!(!begun.await);
    gate.arrival().await;
    setup.storage.heal();
    gate.open();
    visit.session.insert("z", 1).unwrap();
    let chunk = async move { save.await.map(|()| Bytes::from_static(b"saved")) };
    let reply = visit.begin_commit(Body::from_stream(once(chunk)));
    let reply = timeout(Wait::from_secs(4), reply).await;
    let reply = reply.expect("the response waits for its own body").unwrap();
    assert_eq!((reply.status.as_u16(), &*reply.body), (200, "saved"));
    assert_eq!(browser.keys().await, ["x", "y", "z"]);
}

async fn a_task_or_a_thread_that_panics_with_a_clone_changes_nothing<B: Backend>() {
    for late in [false, true] {
        let setup = B::setup().await;
        let browser = setup.visitor().await;
        let visit = browser.begin().await;
        visit.session.insert("y", 1).unwrap();
        let session = visit.session.clone();
        let panicking = || {
            let session = visit.session.clone();
            async move {
                assert!(!session.contains_key("y"), "the test's task panics");
            }
        };
        let (task, thread) = (panicking(), panicking());
        let panic = async move {
            assert!(tokio::spawn(task).await.unwrap_err().is_panic());
            let thread = std::thread::spawn(move || futures_util::FutureExt::now_or_never(thread));
            assert!(thread.join().is_err());
        };
        if late {
            assert_eq!(visit.finish().await.status, 200);
            panic.await;
            session.insert("late", 1).unwrap();
            session.save().await.unwrap();
            assert_eq!(browser.keys().await, ["late", "x", "y"]);
        } else {
            panic.await;
            visit.session.insert("z", 1).unwrap();
            let reply = visit.finish().await;
            assert_eq!((reply.status.as_u16(), &*reply.body), (200, "done"));
            assert_eq!(browser.keys().await, ["x", "y", "z"]);
        }
    }
}

async fn what_was_created_saved_and_destroyed_in_one_request_sends_no_cookie<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.browser();
    for owner in [None, Some("user:42")] {
        let visit = browser.begin().await;
        visit.session.insert("x", 1).unwrap();
        if let Some(owner) = owner {
            visit.session.log_in(owner).unwrap();
        }
        visit.session.save().await.unwrap();
        visit.session.destroy();
        assert_eq!(visit.finish().await.set_cookies(), [""; 0]);
        assert_eq!(setup.storage.stored().await, 0);
    }
    // What is written after that is another session's, whose cookie alone is sent.
    let visit = browser.begin().await;
    visit.session.insert("x", 1).unwrap();
    visit.session.save().await.unwrap();
    let first = visit.session.id();
    visit.session.destroy();
    visit.session.insert("flash", "bye").unwrap();
    let written: Result<(), SessionError> = visit.session.save().await;
    written.unwrap();
    assert_ne!(visit.session.id(), first);
    let reply = visit.finish().await;
    assert_eq!(reply.set_cookies().len(), 1);
    browser.keep(&reply);
    assert_eq!(browser.keys().await, ["flash"]);
    assert_eq!(setup.storage.stored().await, 1);
}

on_each_storage! {
    a_save_under_the_handlers_own_time_limit_is_made_once
    a_save_that_only_the_body_polls_on_holds_up_nobody
    a_task_or_a_thread_that_panics_with_a_clone_changes_nothing
    what_was_created_saved_and_destroyed_in_one_request_sends_no_cookie
}

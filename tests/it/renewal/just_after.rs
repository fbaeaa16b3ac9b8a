//! Just after a log-in: a request that was sent before it, and arrives after it.

use axum_bare_session::{DefaultScope, Duration, SessionData, SessionError};

use crate::support::{Backend, Browser, Call, Fault, Setup, on_each_storage, visitor_routes};

async fn logged_in<B: Backend>() -> (Setup<B::Storage>, Browser, Browser) {
    let setup = B::setup().await;
    let former = setup.visitor().await;
    let mut browser = former.clone();
    browser.visit(|s| s.log_in("user:42")).await;
    (setup, former, browser)
}

async fn it_reads_no_session_and_replaces_no_cookie<B: Backend>() {
    let (setup, former, browser) = logged_in::<B>().await;
    let visit = former.begin().await;
    assert!(visit.session.is_new());
    assert!(visit.session.is_empty());
    assert_eq!(visit.session.owner(), None);
    let reply = visit.finish().await;
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (200, 0));
    assert!(browser.is_known().await);
    assert_eq!(setup.storage.stored().await, 1);
}

async fn writing_is_an_error_that_says_to_try_again<B: Backend>() {
    let (setup, former, browser) = logged_in::<B>().await;
    let visit = former.begin().await;
    let written = visit.session.insert("cart", 1);
    assert!(matches!(written, Err(SessionError::Superseded)));
    assert!(matches!(
        visit.session.log_in("user:7"),
        Err(SessionError::Superseded)
    ));
    let reply = visit.respond(written.unwrap_err()).await;
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (503, 0));
    assert_eq!(reply.headers["retry-after"], "1");
    assert_eq!(browser.keys().await, ["x"]);
    assert_eq!(setup.storage.stored().await, 1);
}

async fn every_write_is_that_error<B: Backend>() {
    let (setup, former, browser) = logged_in::<B>().await;
    let visit = former.begin().await;
    let s = &visit.session;
    let add = |n: Option<u8>| n.unwrap_or(0) + 1;
    let written = [
        s.update("x", add).map(drop),
        s.modify("x", |n: &mut u8| *n += 1),
        s.renew(),
        s.set_label("a phone"),
        s.remember(Duration::days(3)),
    ];
    for (index, written) in written.into_iter().enumerate() {
        assert!(matches!(written, Err(SessionError::Superseded)), "{index}");
    }
    assert!(!s.remove("x"));
    assert_eq!(s.take::<u8>("x").unwrap(), None);
    s.clear();
    setup.storage.take_calls();
    assert_eq!(visit.finish().await.set_cookies(), [""; 0]);
    assert_eq!(setup.storage.take_calls().total(), 0);
    assert_eq!(browser.read("x").await, Some(1));
    assert_eq!(setup.storage.stored().await, 1);
}

async fn a_page_that_may_do_without_a_session_is_answered_and_one_that_counts_is_not<B: Backend>() {
    let setup = B::serving(visitor_routes::<DefaultScope>()).await;
    let mut former = setup.visitor().await;
    let mut browser = former.clone();
    browser.get("/log_in/ada").await;
    let reply = former.get("/read").await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (200, "none"));
    let reply = former.get("/count").await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (503, ""));
    assert_eq!(reply.headers["retry-after"], "1");
    assert_eq!(reply.set_cookies(), [""; 0]);
    // Tried again, with the cookie that the browser has by then.
    assert_eq!(browser.get("/count").await.body, "1");
    assert_eq!(former.get("/log_out").await.set_cookie().unwrap().value, "");
    assert_eq!(browser.get("/read").await.body, "none");
}

async fn logging_out_ends_the_session<B: Backend>() {
    for keeps in [false, true] {
        let (setup, former, browser) = logged_in::<B>().await;
        let visit = former.begin().await;
        if keeps {
            visit.session.log_out_keeping(["x"]).unwrap();
        } else {
            visit.session.log_out();
        }
        let reply = visit.finish().await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.set_cookies().len(), 1, "the cookie is removed");
        assert!(!browser.is_known().await);
        assert_eq!(setup.storage.stored().await, 0);
    }
}

async fn a_minute_later_it_is_a_stranger<B: Backend>() {
    let (setup, mut former, browser) = logged_in::<B>().await;
    setup.clock.advance(Duration::MINUTE);
    let reply = former.visit(|s| s.insert("mine", 1)).await;
    assert_eq!(reply.set_cookies().len(), 1);
    assert_eq!(former.keys().await, ["mine"]);
    assert!(browser.is_known().await);
}

async fn two_log_ins_in_a_row_leave_both_former_secrets_known<B: Backend>() {
    let (_setup, former, mut browser) = logged_in::<B>().await;
    let between = browser.clone();
    browser.visit(|s| s.renew()).await;
    for former in [former, between] {
        let visit = former.begin().await;
        let written = visit.session.insert("cart", 1);
        assert!(matches!(written, Err(SessionError::Superseded)));
        visit.finish().await;
    }
    assert_eq!(browser.keys().await, ["x"]);
}

/// What it wrote is stored as if it had come before the log-in, and the answer to that is lost.
#[tokio::test]
async fn a_late_write_that_is_found_to_be_made_shows_nothing_of_the_session_after_it() {
    let setup = Setup::configured(|builder| builder.storage_timeout(Duration::milliseconds(100)));
    let former = setup.visitor().await;
    let visit = former.begin().await;
    visit.session.insert("y", 1).unwrap();
    let mut browser = former.clone();
    let work = |s: &SessionData| s.log_in("ada").and_then(|()| s.insert("secret", 1));
    browser.visit(work).await;
    let gate = setup.storage.gate(Call::Save);
    let clone = visit.session.clone();
    let save = tokio::spawn(async move { clone.save().await });
    gate.arrival().await;
    // The write over the log-in's, and once more, since it was not answered.
    setup.storage.fault(Call::Save, Fault::HangAfter);
    for _ in 0..3 {
        gate.open();
    }
    save.await.unwrap().unwrap_err();
    setup.storage.heal();
    visit.session.save().await.unwrap();
    assert_eq!(visit.session.keys(), ["x"]);
    assert_eq!(visit.session.owner(), None);
    assert!(visit.session.insert("z", 1).is_err());
    assert_eq!(visit.finish().await.set_cookies(), [""; 0]);
    assert_eq!(browser.keys().await, ["secret", "x", "y"]);
}

on_each_storage! {
    it_reads_no_session_and_replaces_no_cookie
    writing_is_an_error_that_says_to_try_again
    every_write_is_that_error
    a_page_that_may_do_without_a_session_is_answered_and_one_that_counts_is_not
    logging_out_ends_the_session
    a_minute_later_it_is_a_stranger
    two_log_ins_in_a_row_leave_both_former_secrets_known
}

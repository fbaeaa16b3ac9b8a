//! Just after a log-in: a request that was sent before it, and arrives after it.

use axum_bare_session::{Duration, SessionError};

use crate::support::{Backend, Browser, Setup, on_each_storage};

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

on_each_storage! {
    it_reads_no_session_and_replaces_no_cookie
    writing_is_an_error_that_says_to_try_again
    logging_out_ends_the_session
    a_minute_later_it_is_a_stranger
    two_log_ins_in_a_row_leave_both_former_secrets_known
}

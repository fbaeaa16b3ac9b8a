use axum_bare_session::{SessionData, SessionError};

use crate::support::{Backend, on_each_storage};

async fn a_list_tells_label_times_and_which_session_is_the_visitors_own<B: Backend>() {
    let setup = B::setup().await;
    let mut phone = setup.user("user:1").await;
    phone.visit(|s| s.set_label("phone")).await;
    setup.clock.advance(axum_bare_session::Duration::HOUR);
    let laptop = setup.user("user:1").await;

    let visit = laptop.begin().await;
    let listed = setup.sessions.list("user:1").await.unwrap();
    let told: Vec<_> = listed
        .iter()
        .map(|info| (info.label(), info.is_current(&visit.session)))
        .collect();
    assert_eq!(told, [(None, true), (Some("phone"), false)]);
    assert!(listed[0].last_seen() > listed[1].last_seen());
    visit.finish().await;
}

async fn a_label_stays_until_another_owner_logs_in<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.user("user:1").await;
    browser.visit(|s| s.set_label("<b>phone</b>\0🦀")).await;
    browser.visit(SessionData::renew).await;
    browser.visit(|s| s.log_in("user:1")).await;
    browser.visit(|s| s.insert("y", 1)).await;
    let listed = setup.sessions.list("user:1").await.unwrap();
    assert_eq!(listed[0].label(), Some("<b>phone</b>\0🦀"));
    browser.visit(|s| s.log_in("user:2")).await;
    let listed = setup.sessions.list("user:2").await.unwrap();
    assert_eq!(listed[0].label(), None);
}

async fn a_label_alone_makes_no_session_and_is_there_once_there_is_one<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.browser();
    let visit = browser.begin().await;
    visit.session.set_label("phone").unwrap();
    visit.session.save().await.unwrap();
    assert_eq!(setup.storage.stored().await, 0);
    visit.session.log_in("user:1").unwrap();
    browser.keep(&visit.finish().await);
    let listed = setup.sessions.list("user:1").await.unwrap();
    assert_eq!(listed[0].label(), Some("phone"));
}

async fn a_label_that_is_set_to_what_it_was_is_no_write<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.user("user:1").await;
    browser.visit(|s| s.set_label("phone")).await;
    setup.storage.take_calls();
    browser.visit(|s| s.set_label("phone")).await;
    assert_eq!(setup.storage.take_calls().save, 0);
}

async fn a_label_has_at_most_255_bytes<B: Backend>() {
    let setup = B::setup().await;
    let visit = setup.browser().begin().await;
    let refused = visit.session.set_label("l".repeat(256));
    assert!(matches!(
        refused,
        Err(SessionError::InvalidLabel { length: 256 })
    ));
    visit.session.set_label("").unwrap();
    visit.session.set_label("l".repeat(255)).unwrap();
    visit.finish().await;
}

async fn a_parallel_request_changes_a_label_without_losing_a_value<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.user("user:1").await;
    let (one, two) = (browser.begin().await, browser.begin().await);
    one.session.set_label("phone").unwrap();
    two.session.insert("y", 1).unwrap();
    two.finish().await;
    one.finish().await;
    assert_eq!(browser.keys().await, ["x", "y"]);
    let listed = setup.sessions.list("user:1").await.unwrap();
    assert_eq!(listed[0].label(), Some("phone"));
}

on_each_storage! {
    a_list_tells_label_times_and_which_session_is_the_visitors_own
    a_label_stays_until_another_owner_logs_in
    a_label_alone_makes_no_session_and_is_there_once_there_is_one
    a_label_that_is_set_to_what_it_was_is_no_write
    a_label_has_at_most_255_bytes
    a_parallel_request_changes_a_label_without_losing_a_value
}

use std::sync::{Arc, Mutex};

use axum_bare_session::SessionData;

use crate::support::{Backend, Call, Calls, Fault, on_each_storage};

async fn an_update_closure_is_called_again_with_the_other_requests_value<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let (other, visit) = (browser.begin().await, browser.begin().await);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let update = move |x: Option<u64>| {
        log.lock().unwrap().push(x);
        x.unwrap_or(0) + 1
    };
    visit.session.update("x", update).unwrap();
    assert_eq!(visit.session.get("x").unwrap(), Some(2));
    other.session.insert("x", 10).unwrap();
    other.finish().await;
    visit.finish().await;
    assert_eq!(*seen.lock().unwrap(), [Some(1), Some(10)]);
    assert_eq!(browser.read("x").await, Some(11));
}

async fn an_update_closure_is_called_once_where_nobody_else_writes<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.visitor().await;
    let calls = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&calls);
    let update = move |x: Option<u64>| {
        *counter.lock().unwrap() += 1;
        x.unwrap_or(0) + 1
    };
    browser.visit(|session| session.update("x", update)).await;
    assert_eq!(*calls.lock().unwrap(), 1);
}

async fn a_conflict_costs_one_save_more_and_no_load<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let (other, visit) = (browser.begin().await, browser.begin().await);
    other.session.insert("y", 1).unwrap();
    visit.session.insert("z", 1).unwrap();
    other.finish().await;
    setup.storage.take_calls();
    visit.finish().await;
    let two_saves = Calls {
        save: 2,
        ..Calls::default()
    };
    assert_eq!(setup.storage.take_calls(), two_saves);
    assert_eq!(browser.keys().await, ["x", "y", "z"]);
}

async fn a_touch_of_a_parallel_reader_is_no_conflict<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    setup.clock.advance(axum_bare_session::Duration::hours(20));
    let (reader, writer) = (browser.begin().await, browser.begin().await);
    reader.finish().await;
    writer.session.insert("x", 2).unwrap();
    assert_eq!(setup.storage.take_calls().touch, 1);
    writer.finish().await;
    assert_eq!(setup.storage.take_calls().save, 1);
    assert_eq!(browser.read("x").await, Some(2));
}

async fn an_update_over_another_requests_type_is_an_error_and_changes_nothing<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let (other, visit) = (browser.begin().await, browser.begin().await);
    other.session.insert("x", "a text").unwrap();
    visit.session.insert("y", 1).unwrap();
    let count = |x: Option<u64>| x.unwrap_or(0) + 1;
    visit.session.update("x", count).unwrap();
    other.finish().await;
    let reply = visit.finish().await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (500, ""));
    assert_eq!(browser.read::<String>("x").await.unwrap(), "a text");
    assert_eq!(browser.keys().await, ["x"]);
}

async fn two_requests_that_are_too_large_together_are_not_both_saved<B: Backend>() {
    let setup = B::configured(|builder| builder.max_size(1000)).await;
    let browser = setup.visitor().await;
    let (other, visit) = (browser.begin().await, browser.begin().await);
    other.session.insert("other", "o".repeat(600)).unwrap();
    visit.session.insert("visit", "v".repeat(600)).unwrap();
    assert_eq!(other.finish().await.status, 200);
    let reply = visit.finish().await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (500, ""));
    assert_eq!(browser.keys().await, ["other", "x"]);
}

async fn an_endless_conflict_ends_in_an_error_that_says_to_try_again<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.visitor().await;
    setup.storage.fault(Call::Save, Fault::Conflict);
    let work = |session: &SessionData| session.update("x", |x: Option<u64>| x.unwrap_or(0) + 1);
    let reply = browser.visit(work).await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (503, ""));
    assert_eq!(reply.headers["retry-after"], "1");
    assert_eq!(reply.set_cookies(), [""; 0]);
    let calls = setup.storage.take_calls();
    assert!((100..1000).contains(&calls.save), "{calls:?}");
    assert_eq!(calls.total(), calls.save + 1);

    setup.storage.heal();
    assert_eq!(browser.read("x").await, Some(1));
    assert_eq!(browser.visit(work).await.status, 200);
    assert_eq!(browser.read("x").await, Some(2));
}

async fn a_new_session_under_an_id_that_is_taken_tries_others_and_never_adopts_it<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.browser();
    setup.storage.fault(Call::Save, Fault::Conflict);
    let reply = browser.visit(|session| session.insert("x", 1)).await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (503, ""));
    assert_eq!(reply.set_cookies(), [""; 0]);
    let calls = setup.storage.take_calls();
    assert_eq!((calls.save, calls.total()), (4, 4));
}

on_each_storage! {
    an_update_closure_is_called_again_with_the_other_requests_value
    an_update_closure_is_called_once_where_nobody_else_writes
    a_conflict_costs_one_save_more_and_no_load
    a_touch_of_a_parallel_reader_is_no_conflict
    an_update_over_another_requests_type_is_an_error_and_changes_nothing
    two_requests_that_are_too_large_together_are_not_both_saved
    an_endless_conflict_ends_in_an_error_that_says_to_try_again
    a_new_session_under_an_id_that_is_taken_tries_others_and_never_adopts_it
}

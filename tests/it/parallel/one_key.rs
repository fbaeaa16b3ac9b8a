use axum_bare_session::{SessionData, SessionError};

use crate::support::{Backend, Visit, Work, on_each_storage};

/// Two requests load the same session, work, and finish one after the other. Returns what `x`, at 1 before, then is.
async fn x_after<B: Backend>(earlier: Work, later: Work) -> Option<u64> {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let visits = [browser.begin().await, browser.begin().await];
    for (visit, work) in visits.iter().zip([earlier, later]) {
        work(&visit.session).unwrap();
    }
    for visit in visits {
        assert_eq!(visit.finish().await.status, 200);
    }
    browser.read("x").await
}

fn insert_2(session: &SessionData) -> Result<(), SessionError> {
    session.insert("x", 2)
}

fn insert_3(session: &SessionData) -> Result<(), SessionError> {
    session.insert("x", 3)
}

fn double(session: &SessionData) -> Result<(), SessionError> {
    session.update("x", |x: Option<u64>| x.unwrap_or(100) * 2)?;
    Ok(())
}

fn read_and_insert(session: &SessionData) -> Result<(), SessionError> {
    let x = session.get::<u64>("x")?.unwrap_or(0);
    session.insert("x", x + 1)
}

fn modify(session: &SessionData) -> Result<(), SessionError> {
    session.modify("x", |x: &mut u64| *x += 1)
}

fn remove(session: &SessionData) -> Result<(), SessionError> {
    assert!(session.remove("x"));
    Ok(())
}

fn clear(session: &SessionData) -> Result<(), SessionError> {
    session.clear();
    Ok(())
}

async fn of_two_inserts_of_one_key_the_later_wins<B: Backend>() {
    assert_eq!(x_after::<B>(insert_2, insert_3).await, Some(3));
    assert_eq!(x_after::<B>(insert_3, insert_2).await, Some(2));
}

async fn of_an_insert_and_a_removal_the_later_wins<B: Backend>() {
    assert_eq!(x_after::<B>(insert_2, remove).await, None);
    assert_eq!(x_after::<B>(remove, insert_2).await, Some(2));
}

async fn of_an_insert_and_a_clear_the_later_wins<B: Backend>() {
    assert_eq!(x_after::<B>(insert_2, clear).await, None);
    assert_eq!(x_after::<B>(clear, insert_2).await, Some(2));
}

async fn an_update_works_on_what_the_other_request_left<B: Backend>() {
    assert_eq!(x_after::<B>(insert_3, double).await, Some(6));
    assert_eq!(x_after::<B>(double, double).await, Some(4));
    assert_eq!(x_after::<B>(remove, double).await, Some(200));
    assert_eq!(x_after::<B>(clear, double).await, Some(200));
    assert_eq!(x_after::<B>(double, insert_3).await, Some(3));
    assert_eq!(x_after::<B>(double, remove).await, None);
}

async fn a_value_that_is_read_and_then_inserted_goes_over_what_another_request_left<B: Backend>() {
    assert_eq!(
        x_after::<B>(read_and_insert, read_and_insert).await,
        Some(2)
    );
    assert_eq!(x_after::<B>(insert_3, read_and_insert).await, Some(2));
    assert_eq!(x_after::<B>(modify, read_and_insert).await, Some(2));
    assert_eq!(x_after::<B>(read_and_insert, modify).await, Some(3));
    assert_eq!(x_after::<B>(modify, modify).await, Some(3));
}

async fn a_clear_takes_what_a_parallel_request_inserted_before_it_only<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let (before, clearing) = (browser.begin().await, browser.begin().await);
    let after = browser.begin().await;
    before.session.insert("before", 1).unwrap();
    clearing.session.clear();
    after.session.insert("after", 1).unwrap();
    before.finish().await;
    clearing.finish().await;
    after.finish().await;
    assert_eq!(browser.keys().await, ["after"]);
}

async fn two_requests_that_take_one_message_may_both_get_it_and_no_third_does<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let visits = [browser.begin().await, browser.begin().await];
    for visit in &visits {
        assert_eq!(visit.session.take::<u64>("x").unwrap(), Some(1));
    }
    for visit in visits {
        assert_eq!(visit.finish().await.status, 200);
    }
    assert_eq!(browser.read::<u64>("x").await, None);
}

async fn a_message_left_while_another_is_taken_is_still_shown<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let (taking, leaving) = (browser.begin().await, browser.begin().await);
    assert_eq!(taking.session.take::<u64>("x").unwrap(), Some(1));
    leaving.session.insert("x", 2).unwrap();
    leaving.finish().await;
    taking.finish().await;
    assert_eq!(browser.read("x").await, Some(2));
}

async fn an_insert_of_the_loaded_value_leaves_what_another_request_wrote_meanwhile<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let (same, other) = (browser.begin().await, browser.begin().await);
    same.session.insert("x", 1).unwrap();
    other.session.insert("x", 2).unwrap();
    other.finish().await;
    same.finish().await;
    assert_eq!(browser.read("x").await, Some(2));
}

async fn finish_all(visits: impl IntoIterator<Item = Visit>) {
    for visit in visits {
        assert_eq!(visit.finish().await.status, 200);
    }
}

async fn writes_of_one_request_are_replayed_in_their_order<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.visitor().await;
    let (other, visit) = (browser.begin().await, browser.begin().await);
    other.session.insert("x", 10).unwrap();
    let session = &visit.session;
    double(session).unwrap();
    session
        .update("x", |x: Option<u64>| x.unwrap_or(0) + 1)
        .unwrap();
    session.insert("y", 1).unwrap();
    session
        .update("y", |y: Option<u64>| y.unwrap_or(0) + 1)
        .unwrap();
    finish_all([other, visit]).await;
    assert_eq!(browser.read("x").await, Some(21));
    assert_eq!(browser.read("y").await, Some(2));
}

on_each_storage! {
    of_two_inserts_of_one_key_the_later_wins
    of_an_insert_and_a_removal_the_later_wins
    of_an_insert_and_a_clear_the_later_wins
    an_update_works_on_what_the_other_request_left
    a_value_that_is_read_and_then_inserted_goes_over_what_another_request_left
    a_clear_takes_what_a_parallel_request_inserted_before_it_only
    two_requests_that_take_one_message_may_both_get_it_and_no_third_does
    a_message_left_while_another_is_taken_is_still_shown
    an_insert_of_the_loaded_value_leaves_what_another_request_wrote_meanwhile
    writes_of_one_request_are_replayed_in_their_order
}

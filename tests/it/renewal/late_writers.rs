//! A request that began before a log-in is treated as if it had ended before it.

use axum_bare_session::SessionData;
use serde_json::{Value, json};

use crate::support::{Backend, Browser, Call, Log, Work, on_each_storage};

const KEYS: [&str; 4] = ["new", "touched", "untouched", "x"];

async fn values(browser: &Browser) -> Value {
    let visit = browser.begin().await;
    let pairs = KEYS.map(|key| visit.session.get::<Value>(key).unwrap());
    visit.finish().await;
    pairs.into_iter().collect()
}

/// A visitor has `touched` and `untouched` at 1; a log-in sets `touched` to 2; then a request that began before it
/// finishes.
async fn values_after<B: Backend>(late: Work) -> Value {
    let setup = B::setup().await;
    let mut browser = setup.visitor().await;
    let prepare = |session: &SessionData| {
        session.insert("touched", 1)?;
        session.insert("untouched", 1)
    };
    browser.visit(prepare).await;
    let (log_in, visit) = (browser.begin().await, browser.begin().await);
    late(&visit.session).unwrap();
    log_in.session.insert("touched", 2).unwrap();
    log_in.session.log_in("user:42").unwrap();
    browser.keep(&log_in.finish().await);
    let reply = visit.finish().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.set_cookies(), [""; 0]);
    let owner = browser.begin().await.session.owner();
    assert_eq!(owner.as_deref(), Some("user:42"));
    values(&browser).await
}

async fn a_late_insert_changes_only_what_the_log_in_left_alone<B: Backend>() {
    let late: Work = |session| {
        session.insert("touched", 9)?;
        session.insert("untouched", 9)?;
        session.insert("new", 9)
    };
    assert_eq!(values_after::<B>(late).await, json!([9, 2, 9, 1]));
}

async fn a_late_update_is_made_again_over_what_the_log_in_left<B: Backend>() {
    let late: Work = |session| {
        session.update("touched", |n: Option<u8>| n.unwrap_or(0) + 10)?;
        session.update("untouched", |n: Option<u8>| n.unwrap_or(0) + 10)?;
        session.update("new", |n: Option<u8>| n.unwrap_or(0) + 10)?;
        Ok(())
    };
    assert_eq!(values_after::<B>(late).await, json!([10, 12, 11, 1]));
}

async fn a_late_removal_removes_only_what_the_log_in_left_alone<B: Backend>() {
    let late: Work = |session| {
        assert!(session.remove("touched"));
        assert!(session.remove("untouched"));
        Ok(())
    };
    assert_eq!(values_after::<B>(late).await, json!([null, 2, null, 1]));
}

async fn a_late_take_removes_only_what_the_log_in_left_alone<B: Backend>() {
    let late: Work = |session| {
        assert_eq!(session.take::<u8>("touched")?, Some(1));
        assert_eq!(session.take::<u8>("untouched")?, Some(1));
        Ok(())
    };
    assert_eq!(values_after::<B>(late).await, json!([null, 2, null, 1]));
}

async fn a_late_clear_removes_only_what_the_log_in_left_alone<B: Backend>() {
    let late: Work = |session| {
        session.clear();
        Ok(())
    };
    assert_eq!(values_after::<B>(late).await, json!([null, 2, null, null]));
    let and_insert: Work = |session| {
        session.clear();
        session.insert("x", 9)?;
        session.insert("touched", 9)
    };
    assert_eq!(
        values_after::<B>(and_insert).await,
        json!([null, 2, null, 9])
    );
    // What the same request wrote before is cleared too.
    let behind_others: Work = |session| {
        session.insert("new", 9)?;
        session.insert("x", 9)?;
        session.update("touched", |touched: Option<u8>| touched.unwrap_or(0) + 10)?;
        session.clear();
        Ok(())
    };
    let left = values_after::<B>(behind_others).await;
    assert_eq!(left, json!([null, 2, null, null]));
}

async fn late_inserts_stay_and_late_remembering_beside_them_does_nothing<B: Backend>() {
    let late: Work = |session| {
        session.insert("new", 9)?;
        session.remember(axum_bare_session::Duration::days(20))
    };
    assert_eq!(values_after::<B>(late).await, json!([9, 2, 1, 1]));
}

async fn a_late_label_goes_only_where_nobody_has_written_another<B: Backend>() {
    for (before, after) in [(None, "phone"), (Some("tablet"), "tablet")] {
        let setup = B::setup().await;
        let mut browser = setup.visitor().await;
        let (log_in, late) = (browser.begin().await, browser.begin().await);
        late.session.set_label("phone").unwrap();
        log_in.session.log_in("user:42").unwrap();
        if let Some(label) = before {
            log_in.session.set_label(label).unwrap();
        }
        browser.keep(&log_in.finish().await);
        late.finish().await;
        let label = browser.begin().await.session.label();
        assert_eq!(label.as_deref(), Some(after));
    }
}

async fn a_late_renewal_is_an_error_that_leaves_nothing<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.visitor().await;
    let (log_in, late) = (browser.begin().await, browser.begin().await);
    late.session.insert("new", 9).unwrap();
    late.session.renew().unwrap();
    log_in.session.log_in("user:42").unwrap();
    browser.keep(&log_in.finish().await);
    let reply = late.finish().await;
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (503, 0));
    assert_eq!(values(&browser).await, json!([null, null, null, 1]));
}

async fn nothing_late_gets_past_a_log_in_that_cleared_the_session<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.visitor().await;
    let (log_in, late) = (browser.begin().await, browser.begin().await);
    late.session.insert("new", 9).unwrap();
    late.session
        .update("touched", |n: Option<u8>| n.unwrap_or(0) + 1)
        .unwrap();
    log_in.session.clear();
    log_in.session.log_in("user:42").unwrap();
    browser.keep(&log_in.finish().await);
    let reply = late.finish().await;
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (200, 0));
    assert!(browser.keys().await.is_empty());
}

async fn nothing_late_gets_past_two_log_ins_or_a_log_out<B: Backend>() {
    let works: [Work; 2] = [|s| s.log_in("user:2"), |s| s.log_out_keeping(["x"])];
    for next in works {
        let setup = B::setup().await;
        let mut browser = setup.visitor().await;
        let late = browser.begin().await;
        late.session.insert("new", 9).unwrap();
        browser.visit(|s| s.log_in("user:1")).await;
        browser.visit(next).await;
        let reply = late.finish().await;
        assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (200, 0));
        assert!(!browser.keys().await.contains(&"new".to_owned()));
    }
}

async fn a_former_owners_late_request_writes_nothing_into_another_owners_session<B: Backend>() {
    let works: [(u16, Work); 5] = [
        (200, |s| s.insert("secret", "of user:7")),
        (200, |s| {
            s.modify("secret", |secret| *secret = "of user:7".to_owned())
        }),
        (200, |s| s.insert("x", "of user:7")),
        (200, |s| {
            s.clear();
            Ok(())
        }),
        (503, |s| s.log_in("user:7")),
    ];
    for (status, work) in works {
        let setup = B::setup().await;
        let mut browser = setup.user("user:7").await;
        let (switch, late) = (browser.begin().await, browser.begin().await);
        work(&late.session).unwrap();
        switch.session.log_in("user:42").unwrap();
        switch.session.insert("mine", 1).unwrap();
        browser.keep(&switch.finish().await);
        let reply = late.finish().await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.set_cookies(), [""; 0]);
        assert_eq!(browser.keys().await, ["mine"]);
        let owner = browser.begin().await.session.owner();
        assert_eq!(owner.as_deref(), Some("user:42"));
    }
}

async fn what_a_former_owner_saves_before_the_switch_is_dropped_by_it<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.user("user:7").await;
    let (switch, writer) = (browser.begin().await, browser.begin().await);
    switch.session.log_in("user:42").unwrap();
    writer.session.insert("secret", "of user:7").unwrap();
    writer.finish().await;
    browser.keep(&switch.finish().await);
    assert!(browser.keys().await.is_empty());
}

async fn what_a_losing_log_in_wrote_does_not_reach_the_other_owners_session<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.visitor().await;
    let (winner, loser) = (browser.begin().await, browser.begin().await);
    winner.session.log_in("user:1").unwrap();
    loser.session.log_in("user:2").unwrap();
    loser.session.insert("address", "of user:2").unwrap();
    browser.keep(&winner.finish().await);
    loser.finish().await;
    assert_eq!(browser.keys().await, ["x"]);
}

async fn an_event_says_that_a_renewal_dropped_changes<B: Backend>() {
    let log = Log::new();
    let setup = B::setup().await;
    let mut browser = setup.visitor().await;
    let (log_in, late) = (browser.begin().await, browser.begin().await);
    late.session.insert("x", 9).unwrap();
    log_in.session.insert("x", 2).unwrap();
    log_in.session.log_in("user:42").unwrap();
    browser.keep(&log_in.finish().await);
    assert!(!log.text().contains("changes dropped"));
    late.finish().await;
    let said = "changes dropped: session was renewed meanwhile";
    assert!(log.text().contains(said));
}

async fn a_second_conflict_drops_no_more_than_the_renewal_did<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.visitor().await;
    let (log_in, late) = (browser.begin().await, browser.begin().await);
    late.session.insert("new", 9).unwrap();
    log_in.session.log_in("user:42").unwrap();
    browser.keep(&log_in.finish().await);

    let gate = setup.storage.gate(Call::Save);
    let late = late.begin_commit("done");
    gate.arrival().await;
    gate.open();
    // Its second save, over the log-in's record, waits while the new owner writes.
    gate.arrival().await;
    setup.storage.heal();
    let write = |session: &SessionData| session.insert("untouched", 5);
    browser.visit(write).await;
    setup.storage.take_calls();
    gate.open();
    assert_eq!(late.await.unwrap().set_cookies(), [""; 0]);
    assert_eq!(setup.storage.take_calls().save, 1);
    assert_eq!(values(&browser).await, json!([9, null, 5, 1]));
}

async fn what_the_new_owner_wrote_after_the_log_in_wins_over_a_late_writer<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.visitor().await;
    let (log_in, late) = (browser.begin().await, browser.begin().await);
    late.session.insert("x", 9).unwrap();
    late.session.insert("new", 9).unwrap();
    log_in.session.log_in("user:42").unwrap();
    browser.keep(&log_in.finish().await);
    browser.visit(|session| session.insert("new", 5)).await;
    late.finish().await;
    assert_eq!(values(&browser).await, json!([5, null, null, 9]));
}

on_each_storage! {
    a_late_insert_changes_only_what_the_log_in_left_alone
    a_late_update_is_made_again_over_what_the_log_in_left
    a_late_removal_removes_only_what_the_log_in_left_alone
    a_late_take_removes_only_what_the_log_in_left_alone
    a_late_clear_removes_only_what_the_log_in_left_alone
    a_late_label_goes_only_where_nobody_has_written_another
    late_inserts_stay_and_late_remembering_beside_them_does_nothing
    a_late_renewal_is_an_error_that_leaves_nothing
    nothing_late_gets_past_a_log_in_that_cleared_the_session
    nothing_late_gets_past_two_log_ins_or_a_log_out
    a_former_owners_late_request_writes_nothing_into_another_owners_session
    what_a_former_owner_saves_before_the_switch_is_dropped_by_it
    what_a_losing_log_in_wrote_does_not_reach_the_other_owners_session
    an_event_says_that_a_renewal_dropped_changes
    a_second_conflict_drops_no_more_than_the_renewal_did
    what_the_new_owner_wrote_after_the_log_in_wins_over_a_late_writer
}

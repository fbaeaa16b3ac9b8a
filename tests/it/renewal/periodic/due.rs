use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{ConfigError, Duration, MemorySessionStorage, SessionData, Sessions};
use futures_util::future::join_all;

use super::{INTERVAL, read, renewed, renewing};
use crate::support::{Backend, Call, Fault, on_each_storage};

async fn by_default_no_secret_is_renewed_unasked<B: Backend>() {
    let setup = B::setup().await;
    let mut browser = setup.visitor().await;
    for _ in 0..20 {
        setup.clock.advance(Duration::hours(20));
        assert_eq!(read(&mut browser).await, None);
    }
}

async fn a_request_that_only_reads_renews_an_old_secret<B: Backend>() {
    let setup = renewing::<B>().await;
    let mut browser = setup.visitor().await;
    setup.clock.advance(INTERVAL - Duration::SECOND);
    assert_eq!(read(&mut browser).await, None);
    setup.clock.advance(Duration::SECOND);
    assert!(read(&mut browser).await.is_some());
    assert_eq!(browser.read("x").await, Some(1));
    setup.clock.advance(INTERVAL - Duration::SECOND);
    assert_eq!(read(&mut browser).await, None);
    setup.clock.advance(Duration::SECOND);
    assert!(read(&mut browser).await.is_some());
    assert_eq!(setup.storage.stored().await, 1);
}

async fn a_renewal_costs_a_write_and_so_does_its_successors_first_use<B: Backend>() {
    let setup = renewing::<B>().await;
    let mut browser = setup.visitor().await;
    setup.clock.advance(INTERVAL);
    for (save, touch) in [(1, 0), (1, 0), (0, 0), (0, 0)] {
        read(&mut browser).await;
        let calls = setup.storage.take_calls();
        assert_eq!((calls.load, calls.save, calls.touch), (1, save, touch));
    }
}

async fn of_many_requests_at_once_one_renews_and_none_loses_a_change<B: Backend>() {
    let setup = renewing::<B>().await;
    let browser = setup.visitor().await;
    setup.clock.advance(INTERVAL);
    let visits = join_all((0..20).map(|_| browser.begin())).await;
    for (number, visit) in visits.iter().enumerate() {
        let key = format!("key_{number}");
        visit.session.insert(&key, number).unwrap();
        let add = |n: Option<u64>| n.unwrap_or(0) + 1;
        visit.session.update("count", add).unwrap();
    }
    let replies = join_all(visits.into_iter().map(|visit| visit.finish())).await;
    let cookies: Vec<_> = replies.iter().filter_map(|r| r.new_cookie()).collect();
    assert_eq!(cookies.len(), 1);
    assert!(replies.iter().all(|reply| reply.status == 200));
    for mut browser in [browser.clone(), {
        let mut browser = browser;
        browser
            .cookies
            .insert("__Host-Http-id".to_owned(), cookies[0].clone());
        browser
    }] {
        assert_eq!(browser.read("count").await, Some(20));
        assert_eq!(browser.keys().await.len(), 22);
        browser.cookies.clear();
    }
}

async fn a_slow_request_keeps_its_changes_and_sends_no_cookie_after_a_renewal<B: Backend>() {
    let setup = B::configured(|builder| {
        builder
            .renewal_interval(INTERVAL)
            .max_age(Duration::days(5))
    })
    .await;
    let browser = setup.visitor().await;
    setup.clock.advance(INTERVAL - Duration::SECOND);
    let slow = browser.begin().await;
    slow.session.insert("x", 2).unwrap();
    slow.session.insert("cart", ["apple"]).unwrap();
    setup.clock.advance(Duration::SECOND);
    let mut browser = browser;
    browser.visit(|s| s.insert("x", 3)).await;
    let late = slow.finish().await;
    assert_eq!(late.set_cookies(), [""; 0]);
    assert_eq!(browser.read("x").await, Some(2), "the later write wins");
    assert_eq!(browser.keys().await, ["cart", "x"]);
}

async fn a_log_in_with_a_secret_that_is_old_renews_once_and_at_once<B: Backend>() {
    let setup = renewing::<B>().await;
    let browser = setup.visitor().await;
    setup.clock.advance(INTERVAL);
    let mut user = browser.clone();
    let reply = user.visit(|s| s.log_in("ada")).await;
    assert!(reply.new_cookie().is_some());
    assert!(!browser.is_known().await);
    assert_eq!(read(&mut user).await, None);
}

async fn a_log_in_that_overlaps_with_a_periodic_renewal_holds<B: Backend>() {
    let setup = renewing::<B>().await;
    let mut browser = setup.visitor().await;
    setup.clock.advance(INTERVAL);
    let (log_in, reader) = (browser.begin().await, browser.begin().await);
    log_in.session.log_in("ada").unwrap();
    browser.keep(&reader.finish().await);
    let before = browser.clone();
    let reply = log_in.finish().await;
    assert!(reply.new_cookie().is_some());
    assert!(!before.is_known().await, "as behind any log-in");
    browser.keep(&reply);
    let visit = browser.begin().await;
    assert_eq!(visit.session.owner().as_deref(), Some("ada"));
    visit.finish().await;
}

async fn a_request_that_is_overtaken_by_a_log_in_renews_nothing<B: Backend>() {
    let setup = renewing::<B>().await;
    let mut browser = setup.visitor().await;
    setup.clock.advance(INTERVAL);
    let (log_in, reader) = (browser.begin().await, browser.begin().await);
    log_in.session.log_in("ada").unwrap();
    browser.keep(&log_in.finish().await);
    let late = reader.finish().await;
    assert_eq!((late.status.as_u16(), late.set_cookies().len()), (200, 0));
    assert!(browser.is_known().await);
}

/// The secret that it would derive is not the one that the browser has by now.
async fn a_request_that_is_overtaken_by_a_renewal_and_its_first_use_renews_nothing<B: Backend>() {
    let setup = renewing::<B>().await;
    let mut browser = setup.visitor().await;
    setup.clock.advance(INTERVAL);
    let slow = browser.begin().await;
    assert!(read(&mut browser).await.is_some());
    read(&mut browser).await;
    setup.storage.take_calls();
    assert_eq!(slow.finish().await.set_cookies(), [""; 0]);
    assert_eq!(setup.storage.take_calls().save, 1, "a conflict");
    assert_eq!(read(&mut browser).await, None);
    assert_eq!(browser.read("x").await, Some(1));
    assert_eq!(setup.storage.take_calls().save, 0);
}

async fn of_two_first_uses_at_once_one_is_noted<B: Backend>() {
    let setup = renewing::<B>().await;
    let (_, browser) = renewed(&setup).await;
    let visits = [browser.begin().await, browser.begin().await];
    setup.storage.take_calls();
    for visit in visits {
        assert_eq!(visit.finish().await.set_cookies(), [""; 0]);
        assert_eq!(setup.storage.take_calls().save, 1);
    }
    let id = setup.storage.stored_ids().await[0];
    let stored = setup.storage.inner.load(id).await.unwrap().unwrap();
    // Created, logged in, renewed, and used for the first time.
    assert_eq!(u64::from(stored.version), 4);
}

async fn a_storage_that_is_down_fails_no_request_for_the_sake_of_a_renewal<B: Backend>() {
    let setup = renewing::<B>().await;
    let mut browser = setup.visitor().await;
    setup.clock.advance(INTERVAL);
    setup.storage.fault(Call::Save, Fault::Fail);
    let reply = browser.visit(|_| Ok(())).await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (200, "done"));
    assert_eq!(reply.set_cookies(), [""; 0]);
    setup.storage.heal();
    assert!(read(&mut browser).await.is_some());
}

/// It would be given up for a renewal, and is not one.
async fn a_change_that_fails_beside_a_renewal_is_no_success<B: Backend>() {
    let setup = renewing::<B>().await;
    let mut browser = setup.visitor().await;
    setup.clock.advance(INTERVAL);
    setup.storage.fault(Call::Save, Fault::Fail);
    let reply = browser.visit(|s| s.insert("y", 1)).await;
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (503, 0));
    setup.storage.heal();
    assert_eq!(browser.keys().await, ["x"]);
}

async fn a_renewal_that_failed_is_not_made_after_the_response<B: Backend>() {
    let setup = renewing::<B>().await;
    let browser = setup.visitor().await;
    setup.clock.advance(INTERVAL);
    let visit = browser.begin().await;
    let session = visit.session.clone();
    setup.storage.fault(Call::Save, Fault::Fail);
    assert_eq!(visit.finish().await.status, 200);
    setup.storage.heal();
    setup.storage.take_calls();
    session.save().await.unwrap();
    assert_eq!(setup.storage.take_calls().save, 0);
}

async fn a_stream_follows_its_session_through_renewals<B: Backend>() {
    let setup = renewing::<B>().await;
    let mut browser = setup.visitor().await;
    let stream = browser.begin().await;
    for _ in 0..5 {
        setup.clock.advance(INTERVAL);
        assert!(read(&mut browser).await.is_some());
        read(&mut browser).await;
    }
    assert!(stream.session.reload().await.unwrap());
    stream.session.insert("seen", true).unwrap();
    stream.session.save().await.unwrap();
    assert_eq!(browser.keys().await, ["seen", "x"]);
    browser.visit(SessionData::renew).await;
    assert!(!stream.session.reload().await.unwrap());
    stream.finish().await;
}

async fn no_save_after_the_response_renews<B: Backend>() {
    let setup = renewing::<B>().await;
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let session = visit.session.clone();
    visit.finish().await;
    setup.clock.advance(INTERVAL);
    session.insert("late", true).unwrap();
    session.save().await.unwrap();
    assert!(browser.is_known().await);
    assert_eq!(browser.keys().await, ["late", "x"]);
}

async fn a_session_that_was_revoked_meanwhile_is_not_brought_back_by_a_renewal<B: Backend>() {
    let setup = renewing::<B>().await;
    let browser = setup.user("ada").await;
    setup.clock.advance(INTERVAL);
    let slow = browser.begin().await;
    setup.sessions.revoke_all("ada").await.unwrap();
    let late = slow.finish().await;
    assert_eq!((late.status.as_u16(), late.set_cookies().len()), (200, 0));
    assert_eq!(setup.storage.stored().await, 0);
}

#[test]
fn an_interval_of_less_than_a_second_is_refused() {
    for interval in [Duration::ZERO, -Duration::HOUR, Duration::milliseconds(999)] {
        let builder = Sessions::builder(MemorySessionStorage::new());
        let built = builder.renewal_interval(interval).build();
        assert!(matches!(
            built.unwrap_err(),
            ConfigError::RenewalInterval { .. }
        ));
    }
    let builder = Sessions::builder(MemorySessionStorage::new());
    builder.renewal_interval(Duration::SECOND).build().unwrap();
}

on_each_storage! {
    by_default_no_secret_is_renewed_unasked
    a_request_that_only_reads_renews_an_old_secret
    a_renewal_costs_a_write_and_so_does_its_successors_first_use
    of_many_requests_at_once_one_renews_and_none_loses_a_change
    a_slow_request_keeps_its_changes_and_sends_no_cookie_after_a_renewal
    a_log_in_with_a_secret_that_is_old_renews_once_and_at_once
    a_log_in_that_overlaps_with_a_periodic_renewal_holds
    a_request_that_is_overtaken_by_a_log_in_renews_nothing
    a_request_that_is_overtaken_by_a_renewal_and_its_first_use_renews_nothing
    of_two_first_uses_at_once_one_is_noted
    a_storage_that_is_down_fails_no_request_for_the_sake_of_a_renewal
    a_change_that_fails_beside_a_renewal_is_no_success
    a_renewal_that_failed_is_not_made_after_the_response
    a_stream_follows_its_session_through_renewals
    no_save_after_the_response_renews
    a_session_that_was_revoked_meanwhile_is_not_brought_back_by_a_renewal
}

//! `ended`, for sockets and streams: what ends it, how soon, and what it costs.

mod one_by_one;

use std::time::{Duration as Wait, Instant};

use axum_bare_session::{Duration, SessionData, Sessions, SessionsBuilder};
use futures_util::future::join_all;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::support::{Backend, Browser, Call, Fault, Setup, Work, on_each_storage};

/// Much longer than any test takes: what is noticed is noticed at once.
fn at_once(builder: SessionsBuilder) -> SessionsBuilder {
    builder.ended_within(Duration::HOUR)
}

fn soon(builder: SessionsBuilder) -> SessionsBuilder {
    builder.ended_within(Duration::milliseconds(100))
}

/// A socket of the browser's, as a task that ends with the session.
async fn socket(browser: &Browser) -> JoinHandle<()> {
    let visit = browser.begin().await;
    let ended = visit.session.ended();
    visit.finish().await;
    let socket = tokio::spawn(ended);
    // It has taken its first look by then.
    sleep(Wait::from_millis(20)).await;
    socket
}

async fn has_ended(socket: &mut JoinHandle<()>, within: Wait) -> bool {
    timeout(within, socket).await.is_ok()
}

async fn what_this_process_ends_is_noticed_at_once<B: Backend>() {
    let works: [(&str, Work); 6] = [
        ("log_out", |s| {
            s.log_out();
            Ok(())
        }),
        ("log_out_keeping", |s| s.log_out_keeping(["x"])),
        ("log_in", |s| s.log_in("ada")),
        ("log_in as another", |s| s.log_in("bob")),
        ("reauthenticated", SessionData::reauthenticated),
        ("renew", SessionData::renew),
    ];
    for (name, work) in works {
        let setup = B::configured(at_once).await;
        let mut browser = setup.user("ada").await;
        let mut socket = socket(&browser).await;
        browser.visit(|s| s.insert("y", 1)).await;
        assert!(!socket.is_finished());
        browser.visit(work).await;
        assert!(has_ended(&mut socket, Wait::from_secs(2)).await, "{name}");
    }
}

async fn what_is_revoked_here_is_noticed_at_once<B: Backend>() {
    for way in 0..4 {
        let setup = B::configured(at_once).await;
        let browser = setup.user("ada").await;
        let mut socket = socket(&browser).await;
        let id = setup.sessions.list("ada").await.unwrap()[0].id();
        let other = setup.user("ada").await;
        match way {
            0 => setup.sessions.revoke(id).await.unwrap(),
            1 => drop(setup.sessions.revoke_all("ada").await.unwrap()),
            2 => drop(setup.sessions.revoke_owned("ada", id).await.unwrap()),
            _ => {
                let listed = setup.sessions.list("ada").await.unwrap();
                let kept = listed.iter().find(|it| it.id() != id).unwrap().id();
                setup.sessions.revoke_others("ada", kept).await.unwrap();
            }
        }
        assert!(has_ended(&mut socket, Wait::from_secs(2)).await, "{way}");
        drop(other);
    }
}

async fn what_another_process_does_is_noticed_within_the_interval<B: Backend>() {
    let works: [Work; 3] = [
        |s| {
            s.log_out();
            Ok(())
        },
        |s| s.log_in("ada"),
        |s| s.log_out_keeping(["x"]),
    ];
    for work in works {
        let setup = B::configured(soon).await;
        let browser = setup.user("ada").await;
        let mut socket = socket(&browser).await;
        let other = Sessions::builder(setup.storage.inner.clone()).clock(setup.clock.reader());
        let mut elsewhere = setup.browser_of(other.build().unwrap());
        elsewhere.cookies = browser.cookies.clone();
        elsewhere.visit(|s| s.insert("y", 1)).await;
        assert!(!has_ended(&mut socket, Wait::from_millis(300)).await);
        let begun = Instant::now();
        elsewhere.visit(work).await;
        assert!(has_ended(&mut socket, Wait::from_secs(5)).await);
        // The interval, and what a busy machine adds.
        assert!(begun.elapsed() < Wait::from_secs(3));
    }
}

/// The poll that the first one began has ended with it.
#[test]
fn who_waits_in_another_runtime_than_one_that_has_ended_hears_of_the_end() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let setup = Setup::configured(soon);
    let browser = runtime().block_on(async {
        let browser = setup.visitor().await;
        socket(&browser).await;
        browser
    });
    runtime().block_on(async {
        let mut socket = socket(&browser).await;
        setup.clock.advance(Duration::DAY);
        assert!(has_ended(&mut socket, Wait::from_secs(5)).await);
    });
}

/// It waited before, and goes on.
#[test]
fn who_waits_when_another_runtime_ends_hears_of_the_end() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let setup = Setup::configured(soon);
    let (first, second) = (runtime(), runtime());
    first.block_on(async {
        socket(&setup.visitor().await).await;
    });
    second.block_on(async {
        let (browser, expiring) = (setup.user("ada").await, setup.visitor().await);
        let (mut revoked, mut expires) = (socket(&browser).await, socket(&expiring).await);
        first.shutdown_background();
        sleep(Wait::from_millis(50)).await;
        assert!(!revoked.is_finished() && !expires.is_finished());
        setup.sessions.revoke_all("ada").await.unwrap();
        assert!(has_ended(&mut revoked, Wait::from_millis(50)).await);
        setup.clock.advance(Duration::DAY);
        assert!(has_ended(&mut expires, Wait::from_secs(5)).await);
    });
}

async fn an_end_by_a_limit_is_noticed_and_waiting_is_no_activity<B: Backend>() {
    let setup = B::configured(|b| soon(b).idle_timeout(Duration::HOUR)).await;
    let browser = setup.visitor().await;
    let mut socket = socket(&browser).await;
    setup.storage.take_calls();
    setup.clock.advance(Duration::minutes(59));
    assert!(!has_ended(&mut socket, Wait::from_millis(350)).await);
    setup.clock.advance(Duration::MINUTE);
    assert!(has_ended(&mut socket, Wait::from_secs(5)).await);
    let calls = setup.storage.take_calls();
    assert_eq!(calls.total(), calls.load);
}

async fn a_periodic_renewal_takes_the_session_from_nobody<B: Backend>() {
    let every = Duration::minutes(15);
    let setup = B::configured(|b| soon(b).renewal_interval(every)).await;
    let mut browser = setup.visitor().await;
    let mut socket = socket(&browser).await;
    setup.clock.advance(every);
    let reply = browser.visit(|s| s.insert("y", 1)).await;
    assert!(reply.new_cookie().is_some());
    browser.visit(|s| s.insert("y", 2)).await;
    assert!(!has_ended(&mut socket, Wait::from_millis(350)).await);
}

async fn a_storage_that_is_down_ends_nothing<B: Backend>() {
    let setup = B::configured(soon).await;
    let browser = setup.user("ada").await;
    let mut socket = socket(&browser).await;
    setup.storage.fault(Call::Load, Fault::Fail);
    assert!(!has_ended(&mut socket, Wait::from_millis(500)).await);
    setup.storage.heal();
    assert!(!has_ended(&mut socket, Wait::from_millis(300)).await);
    setup.sessions.revoke_all("ada").await.unwrap();
    assert!(has_ended(&mut socket, Wait::from_secs(5)).await);
}

async fn any_number_of_sockets_is_one_look_and_none_where_nobody_waits<B: Backend>() {
    let setup = B::configured(soon).await;
    let browser = setup.user("ada").await;
    let visit = browser.begin().await;
    let sockets: Vec<_> = (0..1_000)
        .map(|_| tokio::spawn(visit.session.ended()))
        .collect();
    visit.finish().await;
    sleep(Wait::from_millis(500)).await;
    setup.storage.take_calls();
    let begun = Instant::now();
    sleep(Wait::from_millis(1_050)).await;
    let mut looks = setup.storage.take_calls();
    while looks.load == 0 && begun.elapsed() < Wait::from_secs(20) {
        sleep(Wait::from_millis(100)).await;
        looks = setup.storage.take_calls();
    }
    assert!((1..=11).contains(&looks.load), "{looks:?}");
    assert_eq!(looks.total(), looks.load);

    setup.sessions.revoke_all("ada").await.unwrap();
    timeout(Wait::from_secs(5), join_all(sockets))
        .await
        .unwrap();
    sleep(Wait::from_millis(300)).await;
    setup.storage.take_calls();
    sleep(Wait::from_millis(300)).await;
    assert_eq!(setup.storage.take_calls().total(), 0);

    // And anew for who comes next.
    let next = setup.user("bob").await;
    let given_up = socket(&next).await;
    given_up.abort();
    sleep(Wait::from_millis(300)).await;
    setup.storage.take_calls();
    sleep(Wait::from_millis(300)).await;
    assert_eq!(setup.storage.take_calls().total(), 0);
}

async fn where_there_is_no_session_it_has_ended<B: Backend>() {
    let setup = B::configured(at_once).await;
    let mut none = socket(&setup.browser()).await;
    assert!(has_ended(&mut none, Wait::from_secs(2)).await);
    // One that ended between the request and the call.
    let browser = setup.user("ada").await;
    let visit = browser.begin().await;
    setup.sessions.revoke_all("ada").await.unwrap();
    let mut late = tokio::spawn(visit.session.ended());
    assert!(has_ended(&mut late, Wait::from_secs(2)).await);
}

async fn who_comes_after_a_renewal_waits_for_the_next_one<B: Backend>() {
    let setup = B::configured(at_once).await;
    let mut browser = setup.user("ada").await;
    let mut first = socket(&browser).await;
    browser.visit(SessionData::renew).await;
    let mut second = socket(&browser).await;
    assert!(has_ended(&mut first, Wait::from_secs(2)).await);
    assert!(!has_ended(&mut second, Wait::from_millis(100)).await);
    browser.visit(SessionData::renew).await;
    assert!(has_ended(&mut second, Wait::from_secs(2)).await);
}

/// The first request came in time and is still under way when the session expires, and so has it go on.
async fn who_comes_after_an_expired_session_went_on_waits_for_its_end<B: Backend>() {
    let setup = B::configured(|b| at_once(b).idle_timeout(Duration::HOUR)).await;
    let browser = setup.visitor().await;
    let late = browser.begin().await;
    setup.clock.advance(Duration::HOUR);
    let mut first = tokio::spawn(late.session.ended());
    assert!(has_ended(&mut first, Wait::from_secs(2)).await);
    late.session.insert("y", 1).unwrap();
    late.finish().await;
    let mut second = socket(&browser).await;
    assert!(!has_ended(&mut second, Wait::from_millis(100)).await);
}

/// What another process has renewed, this one has not heard of when the second socket comes.
async fn who_comes_after_a_renewal_elsewhere_waits_also_where_the_storage_is_down<B: Backend>() {
    let setup = B::configured(at_once).await;
    let browser = setup.user("ada").await;
    let mut first = socket(&browser).await;
    let other = Sessions::builder(setup.storage.inner.clone()).clock(setup.clock.reader());
    let mut elsewhere = setup.browser_of(other.build().unwrap());
    elsewhere.cookies = browser.cookies.clone();
    elsewhere.visit(SessionData::renew).await;
    let mut here = setup.browser();
    here.cookies = elsewhere.cookies;
    let visit = here.begin().await;
    setup.storage.fault(Call::Load, Fault::Fail);
    let mut second = tokio::spawn(visit.session.ended());
    assert!(!has_ended(&mut second, Wait::from_millis(200)).await);
    assert!(has_ended(&mut first, Wait::from_secs(2)).await);
    setup.storage.heal();
    visit.finish().await;
}

on_each_storage! {
    what_this_process_ends_is_noticed_at_once
    what_is_revoked_here_is_noticed_at_once
    what_another_process_does_is_noticed_within_the_interval
    an_end_by_a_limit_is_noticed_and_waiting_is_no_activity
    a_periodic_renewal_takes_the_session_from_nobody
    a_storage_that_is_down_ends_nothing
    any_number_of_sockets_is_one_look_and_none_where_nobody_waits
    where_there_is_no_session_it_has_ended
    who_comes_after_a_renewal_waits_for_the_next_one
    who_comes_after_a_renewal_elsewhere_waits_also_where_the_storage_is_down
    who_comes_after_an_expired_session_went_on_waits_for_its_end
}

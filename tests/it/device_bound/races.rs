//! Registrations and refreshes among the writers of the same session, on each storage.

use axum_bare_session::SessionsBuilder;
use futures_util::future::{join, join_all};

use super::*;
use crate::support::{Backend, on_each_storage};

const WRITERS: usize = 64;

fn bound(builder: SessionsBuilder) -> SessionsBuilder {
    builder.device_bound(PATH)
}

async fn bound_at<B: Backend>(sessions: &Sessions, owner: &str) -> Vec<bool> {
    let listed = sessions.list(owner).await.unwrap();
    listed.iter().map(|it| it.bound_at().is_some()).collect()
}

async fn setup<B: Backend>() -> crate::support::Setup<B::Storage> {
    let setup = B::build(routes(), bound).await;
    for call in [Call::Load, Call::Save, Call::Touch] {
        setup.storage.fault(call, Fault::Yield);
    }
    setup
}

async fn of_64_registrations_among_64_writers_exactly_one_wins_and_nothing_is_lost<B: Backend>() {
    let setup = setup::<B>().await;
    let mut browser = setup.browser();
    let challenge = browser.log_in_with_offer().await;
    let writers = join_all((0..WRITERS).map(|_| {
        let mut browser = browser.clone();
        async move { browser.get("/count").await.status }
    }));
    let registrations = join_all((0..WRITERS).map(|at| {
        let (mut browser, device) = (browser.clone(), Device::new(at as u8 + 1));
        let proof = device.registration(&challenge);
        async move { (browser.register(&proof).await, browser, device) }
    }));
    let (written, registered) = join(writers, registrations).await;
    assert!(written.iter().all(|status| *status == 200), "{written:?}");
    let mut winners = Vec::new();
    for (reply, browser, mut device) in registered {
        match reply.status.as_u16() {
            200 => {
                device.keep(&reply);
                winners.push((browser, device));
            }
            status => assert_eq!(status, 401),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(bound_at::<B>(&setup.sessions, "ada").await, [true]);
    setup.clock.advance(Duration::MINUTE);
    assert_eq!(browser.get("/owner").await.body, "");
    let (mut winner, mut device) = winners.pop().unwrap();
    assert_eq!(winner.get("/count").await.body, (WRITERS + 1).to_string());
    assert_eq!(winner.refresh(&mut device).await.status, 200);
    setup.sessions.revoke_all("ada").await.unwrap();
}

async fn refreshes_among_64_writers_succeed_and_the_binding_stays<B: Backend>() {
    let setup = setup::<B>().await;
    let (mut browser, mut device) = (setup.browser(), Device::new(1));
    browser.log_in_on(&mut device).await;
    setup.clock.advance(Duration::MINUTE);
    let writers = join_all((0..WRITERS).map(|_| {
        let mut browser = browser.clone();
        async move { browser.get("/count").await.status }
    }));
    let refreshes = join_all((0..WRITERS).map(|_| {
        let (mut browser, mut device) = (browser.clone(), device.clone());
        async move { browser.refresh(&mut device).await.status }
    }));
    let (written, refreshed) = join(writers, refreshes).await;
    assert!(written.iter().all(|status| *status == 200), "{written:?}");
    assert!(
        refreshed.iter().all(|status| *status == 200),
        "{refreshed:?}"
    );
    assert_eq!(bound_at::<B>(&setup.sessions, "ada").await, [true]);
    assert_eq!(browser.get("/count").await.body, (WRITERS + 1).to_string());
    browser.drop_bound_cookie();
    assert_eq!(browser.get("/owner").await.body, "");
    setup.sessions.revoke_all("ada").await.unwrap();
}

async fn what_began_before_a_registration_keeps_it<B: Backend>() {
    let setup = setup::<B>().await;
    let (mut browser, mut device) = (setup.browser(), Device::new(1));
    let challenge = browser.log_in_with_offer().await;
    let visit = browser.begin().await;
    visit.session.insert("cart", "apple").unwrap();
    visit.session.set_label("Firefox").unwrap();
    let reply = browser.register(&device.registration(&challenge)).await;
    device.keep(&reply);
    assert_eq!(visit.finish().await.status, 200);
    let listed = setup.sessions.list("ada").await.unwrap();
    assert!(listed[0].bound_at().is_some());
    assert_eq!(listed[0].label(), Some("Firefox"));
    assert_eq!(browser.refresh(&mut device).await.status, 200);
    setup.sessions.revoke_all("ada").await.unwrap();
}

on_each_storage! {
    what_began_before_a_registration_keeps_it
    ; on four threads:
    of_64_registrations_among_64_writers_exactly_one_wins_and_nothing_is_lost
    refreshes_among_64_writers_succeed_and_the_binding_stays
}

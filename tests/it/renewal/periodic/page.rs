//! A page of many parts, whose secret falls due.

use std::sync::Arc;

use axum_bare_session::{Duration, SessionEventKind as Kind, SuspectedTheft};
use futures_util::future::join_all;
use tokio::sync::Semaphore;
use tokio::task::yield_now;

use super::{INTERVAL, kinds, read, renewed, watched};
use crate::support::{Backend, Browser, Call, Fault, Reply, on_each_storage};

const PARTS: usize = 12;
const AT_ONCE: usize = 6;

/// Fetches the parts of a page, some at once, each with its own pauses, and none with what another was sent.
async fn page(former: &Browser, seed: usize) -> Vec<Reply> {
    let connections = Arc::new(Semaphore::new(AT_ONCE));
    let parts = (0..PARTS).map(|part| {
        let (browser, connections) = (former.clone(), Arc::clone(&connections));
        let pause = move |step: usize| (seed * 31 + part * 17 + step * 7) % 11;
        tokio::spawn(async move {
            let _connection = connections.acquire().await.unwrap();
            for _ in 0..pause(1) {
                yield_now().await;
            }
            let visit = browser.begin().await;
            for _ in 0..pause(2) {
                yield_now().await;
            }
            visit.finish().await
        })
    });
    let replies = join_all(parts).await.into_iter();
    replies.map(Result::unwrap).collect()
}

async fn the_parts_of_a_page_carry_one_successor<B: Backend>() {
    for seed in 0..10 {
        let (setup, mut events) =
            watched::<B>(|builder| builder.suspected_theft(SuspectedTheft::EndSession)).await;
        for call in [Call::Load, Call::Save, Call::Touch] {
            setup.storage.fault(call, Fault::Yield);
        }
        let former = setup.user("user:1").await;
        setup.clock.advance(INTERVAL);
        kinds(&mut events);
        let replies = page(&former, seed).await;
        let mut sent: Vec<_> = replies.iter().filter_map(Reply::new_cookie).collect();
        sent.dedup();
        assert_eq!(sent.len(), 1, "whoever is sent a secret is sent the same");
        assert_eq!(kinds(&mut events), [Kind::Renewed]);
        let mut browser = former.clone();
        replies.iter().for_each(|reply| browser.keep(reply));
        assert_eq!(read(&mut browser).await, None);
        assert_eq!(kinds(&mut events), []);
    }
}

/// Of the parts that are fetched at once one renews, and whoever comes after it is sent what it made.
async fn whoever_comes_after_the_renewal_is_sent_what_it_made<B: Backend>() {
    let (setup, mut events) = watched::<B>(|builder| builder).await;
    let former = setup.user("user:1").await;
    setup.clock.advance(INTERVAL);
    kinds(&mut events);
    let before = join_all((0..AT_ONCE).map(|_| former.begin())).await;
    let before = join_all(before.into_iter().map(|visit| visit.finish())).await;
    let sent: Vec<_> = before.iter().filter_map(Reply::new_cookie).collect();
    assert!(!sent.is_empty());
    for reply in page(&former, 3).await {
        assert_eq!(reply.new_cookie().as_ref(), sent.first());
    }
    assert!(sent.iter().all(|cookie| *cookie == sent[0]), "{sent:?}");
    assert_eq!(kinds(&mut events), [Kind::Renewed]);
}

async fn of_a_page_whose_responses_are_lost_any_part_does_a_day_later<B: Backend>() {
    let configure = |builder: axum_bare_session::SessionsBuilder| {
        builder
            .suspected_theft(SuspectedTheft::EndSession)
            .idle_timeout(Duration::days(7))
    };
    let (setup, mut events) = watched::<B>(configure).await;
    let (former, lost) = renewed(&setup).await;
    page(&former, 1).await;
    setup.clock.advance(Duration::days(1));
    kinds(&mut events);
    let replies = page(&former, 2).await;
    let successor = lost.cookies.values().next().cloned();
    for reply in &replies {
        assert_eq!(reply.new_cookie(), successor);
    }
    assert_eq!(kinds(&mut events), []);
}

async fn what_is_written_with_the_former_secret_is_kept_and_sends_the_same_successor<B: Backend>() {
    let (setup, mut events) = watched::<B>(|builder| builder).await;
    let (mut former, browser) = renewed(&setup).await;
    kinds(&mut events);
    let reply = former.visit(|s| s.insert("y", 1)).await;
    assert_eq!(reply.new_cookie().as_ref(), browser.cookies.values().next());
    assert_eq!(browser.keys().await, ["x", "y"]);
    assert_eq!(kinds(&mut events), []);
}

on_each_storage! {
    the_parts_of_a_page_carry_one_successor
    whoever_comes_after_the_renewal_is_sent_what_it_made
    of_a_page_whose_responses_are_lost_any_part_does_a_day_later
    what_is_written_with_the_former_secret_is_kept_and_sends_the_same_successor
}

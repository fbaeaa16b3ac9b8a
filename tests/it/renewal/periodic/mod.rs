//! Renewals that nobody asked for, and the secrets that they replace.

mod due;
mod former;
mod page;
mod thieves;

use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{Duration, SessionEvent, SessionEventKind as Kind, SessionsBuilder};
use tokio::sync::mpsc::{Receiver, channel};

use crate::support::{Backend, Browser, Setup};

const INTERVAL: Duration = Duration::minutes(15);

pub(super) async fn renewing<B: Backend>() -> Setup<B::Storage> {
    B::configured(|builder| builder.renewal_interval(INTERVAL)).await
}

/// A setup whose events the test reads.
pub(super) async fn watched<B: Backend>(
    configure: impl FnOnce(SessionsBuilder) -> SessionsBuilder,
) -> (Setup<B::Storage>, Receiver<SessionEvent>) {
    let (sender, events) = channel(100);
    let setup =
        B::configured(|builder| configure(builder.renewal_interval(INTERVAL).events(sender))).await;
    (setup, events)
}

pub(super) fn kinds(events: &mut Receiver<SessionEvent>) -> Vec<Kind> {
    std::iter::from_fn(|| events.try_recv().ok())
        .map(|event| event.kind)
        .collect()
}

/// A browser of `user:1` whose secret is old, and one that has its successor.
pub(super) async fn renewed<S: SessionStorage + Clone>(setup: &Setup<S>) -> (Browser, Browser) {
    let former = setup.user("user:1").await;
    setup.clock.advance(INTERVAL);
    let mut browser = former.clone();
    let reply = read(&mut browser).await;
    assert!(reply.is_some(), "a successor is sent");
    (former, browser)
}

/// Sends a request that only reads, and returns the new cookie.
pub(super) async fn read(browser: &mut Browser) -> Option<String> {
    browser.visit(|_| Ok(())).await.new_cookie()
}

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{SessionData, SessionError};
use futures_util::future::join_all;
use tokio::task::yield_now;

use crate::support::{Backend, Browser, Call, Fault, Setup, on_each_storage};

pub(super) const CLIENTS: usize = 100;

async fn count(session: SessionData) -> Result<(), SessionError> {
    yield_now().await;
    session.update("n", |n: Option<usize>| n.unwrap_or(0) + 1)?;
    Ok(())
}

async fn set(session: SessionData, Path(key): Path<String>) -> Result<(), SessionError> {
    yield_now().await;
    session.insert(key, true)
}

async fn remove(session: SessionData, Path(key): Path<String>) {
    yield_now().await;
    assert!(session.remove(key));
}

async fn slow_setup<B: Backend>() -> Setup<B::Storage> {
    let routes = Router::new()
        .route("/count", get(count))
        .route("/set/{key}", get(set))
        .route("/remove/{key}", get(remove));
    serving_slowly::<B>(routes).await
}

/// A storage that lets other requests run before each load and each save, so that requests meet.
pub(super) async fn serving_slowly<B: Backend>(routes: Router) -> Setup<B::Storage> {
    let setup = B::serving(routes).await;
    setup.storage.fault(Call::Load, Fault::Yield);
    setup.storage.fault(Call::Save, Fault::Yield);
    setup
}

/// Sends a hundred requests with the browser's cookie at once, which all succeed.
pub(super) async fn all_at_once(browser: &Browser, path: impl Fn(usize) -> String) {
    let requests = (0..CLIENTS).map(|client| {
        let (mut browser, path) = (browser.clone(), path(client));
        tokio::spawn(async move { browser.get(&path).await })
    });
    for reply in join_all(requests.collect::<Vec<_>>()).await {
        assert_eq!(reply.unwrap().status, 200);
    }
}

async fn assert_counted(setup: &Setup<impl SessionStorage + Clone>) {
    let browser = setup.visitor().await;
    all_at_once(&browser, |_| "/count".to_owned()).await;
    let saves = setup.storage.take_calls().save;
    assert!(saves > CLIENTS, "no request met another: {saves} saves");
    assert_eq!(browser.read("n").await, Some(CLIENTS));
}

async fn assert_kept(setup: &Setup<impl SessionStorage + Clone>) {
    let browser = setup.visitor().await;
    all_at_once(&browser, |client| format!("/set/key{client}")).await;
    let saves = setup.storage.take_calls().save;
    assert!(saves > CLIENTS, "no request met another: {saves} saves");
    let keys = browser.keys().await;
    assert_eq!(keys.len(), CLIENTS + 1);
    for client in 0..CLIENTS {
        assert!(keys.contains(&format!("key{client}")), "{client}");
    }
}

async fn a_hundred_parallel_updates_count_to_a_hundred<B: Backend>() {
    assert_counted(&slow_setup::<B>().await).await;
}

async fn a_hundred_parallel_updates_on_four_threads_count_to_a_hundred<B: Backend>() {
    assert_counted(&slow_setup::<B>().await).await;
}

async fn a_hundred_parallel_inserts_of_distinct_keys_are_all_kept<B: Backend>() {
    assert_kept(&slow_setup::<B>().await).await;
}

async fn a_hundred_parallel_inserts_on_four_threads_are_all_kept<B: Backend>() {
    assert_kept(&slow_setup::<B>().await).await;
}

async fn a_hundred_parallel_removals_of_distinct_keys_leave_none<B: Backend>() {
    let setup = slow_setup::<B>().await;
    let browser = setup.visitor().await;
    all_at_once(&browser, |client| format!("/set/key{client}")).await;
    all_at_once(&browser, |client| format!("/remove/key{client}")).await;
    assert_eq!(browser.keys().await, ["x"]);
}

async fn parallel_first_requests_get_a_session_each<B: Backend>() {
    let setup = slow_setup::<B>().await;
    let requests = (0..CLIENTS).map(|_| async {
        let mut browser = setup.browser();
        let reply = browser.get("/count").await;
        assert_eq!(browser.read("n").await, Some(1));
        reply.new_cookie().unwrap()
    });
    let mut cookies = join_all(requests).await;
    cookies.sort();
    cookies.dedup();
    assert_eq!(cookies.len(), CLIENTS);
    assert_eq!(setup.storage.stored().await, CLIENTS);
}

on_each_storage! {
    a_hundred_parallel_updates_count_to_a_hundred
    a_hundred_parallel_inserts_of_distinct_keys_are_all_kept
    a_hundred_parallel_removals_of_distinct_keys_leave_none
    parallel_first_requests_get_a_session_each
    ; on four threads:
    a_hundred_parallel_updates_on_four_threads_count_to_a_hundred
    a_hundred_parallel_inserts_on_four_threads_are_all_kept
}

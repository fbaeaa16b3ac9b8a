//! Requests at once, through the middleware, on each database.

use axum::http::StatusCode;
use axum_bare_session::Sessions;
use axum_bare_session::storage::SessionStorage;
use futures_util::future::join_all;

use super::app::{app, id};
use super::database::{Database, migrated, on_each_database};

/// 100 increments of one counter, each over an await, all count.
async fn of_100_parallel_updates_100_count<D: Database>() {
    let (_database, storage) = migrated::<D>("hundred").await;
    let mut app = app(storage);
    app.browser.post("/count").await;
    let increments = (0..100).map(|_| {
        let mut browser = app.browser.clone();
        tokio::spawn(async move { browser.post("/count").await.status })
    });
    for status in join_all(increments).await {
        assert_eq!(status.unwrap(), StatusCode::OK);
    }
    assert_eq!(app.browser.get("/counted").await.body, "101");
}

/// A request that has loaded the session before a log-out, and writes after it, never brings the session back.
async fn of_20_log_outs_against_a_slow_writer_none_is_undone<D: Database>() {
    let (_database, storage) = migrated::<D>("slow_writer").await;
    for _ in 0..20 {
        let mut app = app(storage.clone());
        app.browser.post("/count").await;
        let (cookie, mut slow) = (app.browser.cookie(), app.browser.clone());
        let writer = tokio::spawn(async move { slow.post("/slow").await });
        app.gate.arrived.acquire().await.unwrap().forget();
        app.browser.post("/logout").await;
        app.gate.open.add_permits(1);
        let reply = writer.await.unwrap();
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(
            reply.set_cookies(),
            [""; 0],
            "a late request sends no cookie"
        );
        let cookie = cookie.unwrap();
        let cookies = [cookie.as_bytes()];
        let later = app.browser.get_with_cookies("/counted", &cookies);
        assert_eq!(later.await.body, "0", "the session is back");
    }
}

/// A log-out and a slow write that race without a gate leave no session, either.
async fn a_log_out_among_parallel_updates_is_final<D: Database>() {
    let (_database, storage) = migrated::<D>("log_out").await;
    for _ in 0..20 {
        let mut app = app(Sessions::from(storage.clone()));
        app.browser.post("/count").await;
        let cookie = app.browser.cookie().unwrap();
        let requests = (0..16).map(|request| {
            let mut browser = app.browser.clone();
            let path = if request == 8 { "/logout" } else { "/count" };
            tokio::spawn(async move { browser.post(path).await.status })
        });
        // A request that came after the log-out makes a session of its own.
        for status in join_all(requests).await {
            assert_eq!(status.unwrap(), StatusCode::OK);
        }
        let id = id(&cookie);
        assert!(
            storage.load(id).await.unwrap().is_none(),
            "the session is back"
        );
    }
}

on_each_database! {
    of_100_parallel_updates_100_count
    of_20_log_outs_against_a_slow_writer_none_is_undone
    a_log_out_among_parallel_updates_is_final
}

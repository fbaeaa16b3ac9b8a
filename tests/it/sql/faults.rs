//! Servers that are down, killed, paused, or refuse the password.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use axum::http::StatusCode;
use axum_bare_session::storage::{SessionStorage, StorageErrorKind};
use axum_bare_session::{Duration, Sessions};
use futures_util::future::join_all;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::app::app;
use super::database::on_each_server;
use super::server::{Recipe, Server};
use super::table::chain;
use crate::support::Browser;

/// A kind of server that a test may kill.
pub(super) trait Killable {
    type Storage: SessionStorage + Clone + Debug;

    const RECIPE: &Recipe;
    const PASSWORD: &str;

    /// A storage that connects when it must, as this user does with this password.
    fn connect_lazily(server: &Server, password: &str) -> Self::Storage;
    async fn migrate(server: &Server);
}

const LONG: std::time::Duration = std::time::Duration::from_secs(60);

/// Sends requests until one is answered with `status`.
async fn until(browser: &mut Browser, path: &str, status: StatusCode) {
    let answered = async {
        while browser.post(path).await.status != status {
            sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, answered)
        .await
        .expect("the requests never get there");
}

async fn a_wrong_password_is_an_error_without_a_password<D: Killable>() {
    let server = Server::start(D::RECIPE);
    D::migrate(&server).await;
    let storage = D::connect_lazily(&server, "wrong-horse-battery");
    let error = storage.load(Uuid::nil().into()).await.unwrap_err();
    assert_eq!(error.kind(), StorageErrorKind::Unavailable);
    let shown = format!("{} {storage:?}", chain(&error));
    assert!(shown.contains("app"), "it names the user: {shown}");
    assert!(!shown.contains("horse"), "it shows a password: {shown}");
    let storage = D::connect_lazily(&server, D::PASSWORD);
    assert!(storage.load(Uuid::nil().into()).await.unwrap().is_none());
    assert!(!format!("{storage:?}").contains("horse"));
}

async fn a_server_that_is_down_at_first_is_used_when_it_is_up<D: Killable>() {
    let server = Server::start(D::RECIPE);
    D::migrate(&server).await;
    server.kill();
    let mut browser = app(D::connect_lazily(&server, D::PASSWORD));
    let reply = browser.post("/count").await;
    assert_eq!(
        (reply.status, &*reply.body),
        (StatusCode::SERVICE_UNAVAILABLE, "")
    );
    assert_eq!(browser.get("/ignore").await.status, StatusCode::OK);
    server.restart();
    until(&mut browser, "/count", StatusCode::OK).await;
}

async fn writes_that_were_answered_outlive_a_kill_among_64_writers<D: Killable>() {
    let server = Server::start(D::RECIPE);
    D::migrate(&server).await;
    let browser = app(D::connect_lazily(&server, D::PASSWORD));
    let (saved, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let stop = Arc::new(AtomicBool::new(false));
    let writers = (0..64).map(|_| {
        let mut browser = browser.clone();
        let (saved, refused) = (Arc::clone(&saved), Arc::clone(&refused));
        let stop = Arc::clone(&stop);
        tokio::spawn(async move {
            let (mut acknowledged, mut unknown) = (0, 0);
            while !stop.load(Ordering::SeqCst) {
                match browser.post("/count").await.status {
                    StatusCode::OK => {
                        acknowledged += 1;
                        saved.fetch_add(1, Ordering::SeqCst);
                    }
                    StatusCode::SERVICE_UNAVAILABLE => {
                        unknown += u64::from(browser.cookie().is_some());
                        refused.fetch_add(1, Ordering::SeqCst);
                        sleep(std::time::Duration::from_millis(50)).await;
                    }
                    status => panic!("{status}"),
                }
            }
            (browser, acknowledged, unknown)
        })
    });
    let writers: Vec<_> = writers.collect();
    let saves = async |more: u64| {
        let enough = saved.load(Ordering::SeqCst) + more;
        while saved.load(Ordering::SeqCst) < enough {
            sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, saves(200)).await.expect("nothing is saved");
    server.kill();
    // A save is sent twice, and a server that is back at once hides that it was gone.
    let all_refused = async {
        while refused.load(Ordering::SeqCst) < 64 {
            sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, all_refused)
        .await
        .expect("the kill hit no writer");
    server.restart();
    timeout(LONG, saves(200))
        .await
        .expect("nothing is saved after the restart");
    stop.store(true, Ordering::SeqCst);

    let mut failed = 0;
    for writer in join_all(writers).await {
        let (mut browser, acknowledged, unknown) = writer.expect("no request panics");
        failed += unknown;
        let counted: u64 = browser.get("/counted").await.body.parse().unwrap();
        let possible = acknowledged..=acknowledged + unknown;
        assert!(
            possible.contains(&counted),
            "{counted} is not in {possible:?}"
        );
    }
    assert!(failed > 0, "the kill hit no writer");
}

async fn a_paused_server_fails_a_request_within_the_storage_timeout<D: Killable>() {
    let server = Server::start(D::RECIPE);
    D::migrate(&server).await;
    let sessions = Sessions::builder(D::connect_lazily(&server, D::PASSWORD))
        .storage_timeout(Duration::milliseconds(300))
        .build();
    let mut browser = app(sessions.unwrap());
    until(&mut browser, "/count", StatusCode::OK).await;
    let paused = server.pause();
    let requests = (0..30).map(|_| {
        let mut browser = browser.clone();
        tokio::spawn(async move { browser.post("/count").await.status })
    });
    let replies = timeout(LONG, join_all(requests)).await;
    for status in replies.expect("requests hang") {
        assert_eq!(status.unwrap(), StatusCode::SERVICE_UNAVAILABLE);
    }
    drop(paused);
    until(&mut browser, "/count", StatusCode::OK).await;
}

on_each_server! {
    a_wrong_password_is_an_error_without_a_password
    a_server_that_is_down_at_first_is_used_when_it_is_up
    writes_that_were_answered_outlive_a_kill_among_64_writers
    a_paused_server_fails_a_request_within_the_storage_timeout
}

use axum_bare_session::Sessions;

use super::app::{app, app_with, log_out_against_a_slow_writer, visit_100_times_at_once, visitor};
use super::{cluster, server};

#[tokio::test(flavor = "multi_thread")]
async fn of_100_parallel_updates_100_count() {
    let app = app(server::shared().storage().await);
    let mut browser = visitor(&app).await;
    visit_100_times_at_once(&browser).await;
    assert_eq!(browser.get("/read").await.body, "101");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_100_parallel_updates_on_a_cluster_100_count() {
    let app = app(cluster::shared().storage().await);
    let mut browser = visitor(&app).await;
    visit_100_times_at_once(&browser).await;
    assert_eq!(browser.get("/read").await.body, "101");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_writer_revives_no_session_that_was_logged_out() {
    let builder = Sessions::builder(server::shared().storage().await);
    let (app, gates) = app_with(builder);
    assert_eq!(log_out_against_a_slow_writer(&app, &gates, 20).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_writer_revives_no_session_on_a_cluster() {
    let builder = Sessions::builder(cluster::shared().storage().await);
    let (app, gates) = app_with(builder);
    assert_eq!(log_out_against_a_slow_writer(&app, &gates, 20).await, 0);
}

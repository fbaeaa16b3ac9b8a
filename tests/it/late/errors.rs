use axum_bare_session::{Duration, SessionData, SessionError};

use crate::support::{Browser, Setup};

/// The session of a request whose response has been sent.
async fn late(browser: &Browser) -> SessionData {
    let visit = browser.begin().await;
    let session = visit.session.clone();
    visit.finish().await;
    session
}

fn assert_response_sent<T>(result: &Result<T, SessionError>) {
    assert!(matches!(result, Err(SessionError::ResponseSent)));
}

#[tokio::test]
async fn a_first_write_after_the_response_is_an_error() {
    let setup = Setup::new();
    let session = late(&setup.browser()).await;
    assert_response_sent(&session.insert("x", 1));
    assert_response_sent(&session.update("x", |_: Option<u64>| 1));
    session.save().await.unwrap();
    assert!(session.is_empty());
    assert_eq!(setup.storage.take_calls().total(), 0);
}

#[tokio::test]
async fn what_needs_a_cookie_after_the_response_is_an_error() {
    let setup = Setup::new();
    for browser in [setup.browser(), setup.visitor().await] {
        let session = late(&browser).await;
        assert_response_sent(&session.renew());
        assert_response_sent(&session.log_in("user:42"));
        assert_response_sent(&session.remember(Duration::DAY));
        session.save().await.unwrap();
        assert_eq!(setup.storage.take_calls().save, 0);
    }
}

#[tokio::test]
async fn a_write_after_a_late_destruction_is_an_error() {
    let setup = Setup::new();
    let session = late(&setup.visitor().await).await;
    session.destroy();
    assert_response_sent(&session.insert("flash", "bye"));
    session.save().await.unwrap();
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_late_error_is_a_500_that_tells_the_client_nothing() {
    use axum::body::to_bytes;
    use axum::response::IntoResponse;

    let setup = Setup::new();
    let session = late(&setup.browser()).await;
    let response = session.insert("x", 1).unwrap_err().into_response();
    assert_eq!(response.status(), 500);
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(body.is_empty());
}

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use axum_bare_session::SessionData;
use futures_util::stream;

use crate::support::Setup;

/// A body of three parts, each of which counts itself in the session, saves and reports.
async fn three_parts(session: SessionData) -> Body {
    Body::from_stream(stream::unfold(0, move |part| {
        let session = session.clone();
        async move {
            if part == 3 {
                return None;
            }
            let outcome = match session.update("parts", |n: Option<u64>| n.unwrap_or(0) + 1) {
                Ok(_) => session.save().await,
                Err(error) => Err(error),
            };
            let text = match outcome {
                Ok(()) => "saved;".to_owned(),
                Err(error) => format!("{error};"),
            };
            Some((Ok::<_, Infallible>(text), part + 1))
        }
    }))
}

fn setup() -> Setup {
    Setup::serving(Router::new().route("/stream", get(three_parts)))
}

#[tokio::test]
async fn a_streaming_body_can_write_and_save_part_by_part() {
    let setup = setup();
    let mut browser = setup.visitor().await;
    let reply = browser.get("/stream").await;
    assert_eq!(reply.body, "saved;saved;saved;");
    assert_eq!(setup.storage.take_calls().save, 3);
    assert_eq!(browser.read("parts").await, Some(3));
}

#[tokio::test]
async fn a_streaming_body_without_a_session_is_told_that_the_response_was_sent() {
    let setup = setup();
    let reply = setup.browser().get("/stream").await;
    let told = "the response has been sent, and this needs a cookie;";
    assert_eq!(reply.body, told.repeat(3));
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn two_streams_of_one_session_count_together() {
    let setup = setup();
    let browser = setup.visitor().await;
    let (mut one, mut two) = (browser.clone(), browser.clone());
    tokio::join!(one.get("/stream"), two.get("/stream"));
    assert_eq!(browser.read("parts").await, Some(6));
}

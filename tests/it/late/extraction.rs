//! A session that is first extracted when the response is on its way.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::routing::get;
use axum_bare_session::{SessionData, SessionError};
use tokio::sync::mpsc;

use crate::support::{Browser, Setup};

type Keep = mpsc::UnboundedSender<Parts>;
type Kept = mpsc::UnboundedReceiver<Parts>;

async fn keep_parts(State(parts): State<Keep>, request: Request) {
    parts.send(request.into_parts().0).unwrap();
}

fn setup() -> (Setup, Kept) {
    let (parts, kept) = mpsc::unbounded_channel();
    let routes = Router::new().route("/parts", get(keep_parts));
    (Setup::serving(routes.with_state(parts)), kept)
}

async fn extracted_late(browser: &mut Browser, kept: &mut Kept) -> SessionData {
    browser.get("/parts").await;
    let mut parts = kept.recv().await.unwrap();
    let session = SessionData::from_request_parts(&mut parts, &()).await;
    session.unwrap()
}

#[tokio::test]
async fn a_first_write_is_an_error_also_where_the_session_is_extracted_late() {
    let (setup, mut kept) = setup();
    let mut browser = setup.browser();
    let session = extracted_late(&mut browser, &mut kept).await;
    let written = session.insert("x", 1);
    assert!(matches!(written, Err(SessionError::ResponseSent)));
    session.save().await.unwrap();
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_renewal_is_an_error_also_where_the_session_is_extracted_late() {
    let (setup, mut kept) = setup();
    let mut browser = setup.visitor().await;
    let session = extracted_late(&mut browser, &mut kept).await;
    let renewed = session.log_in("user:42");
    assert!(matches!(renewed, Err(SessionError::ResponseSent)));
    session.save().await.unwrap();
    assert!(browser.is_known().await);
}

#[tokio::test]
async fn a_session_that_is_extracted_late_reads_writes_and_saves() {
    let (setup, mut kept) = setup();
    let mut browser = setup.visitor().await;
    let session = extracted_late(&mut browser, &mut kept).await;
    assert_eq!(session.get("x").unwrap(), Some(1));
    session.insert("x", 2).unwrap();
    session.save().await.unwrap();
    assert_eq!(browser.read("x").await, Some(2));
}

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use axum_bare_session::{Duration, SessionId};

use super::House;
use crate::support::{Call, Fault, Log, token_bytes};

/// Asserts that a line of the log has `event` and the public id.
fn assert_event(log: &Log, level: &str, event: &str, id: SessionId) {
    let text = log.text();
    let is_it = |line: &&str| line.contains(event) && line.contains(&id.to_string());
    let line = text.lines().find(is_it);
    let line = line.unwrap_or_else(|| panic!("no line has {event:?} and {id}: {text}"));
    assert!(line.contains(level), "{line}");
}

/// Asserts that no line of the log has `event`.
fn assert_no_event(log: &Log, event: &str) {
    assert!(!log.text().contains(event), "{}", log.text());
}

#[tokio::test]
async fn a_session_that_is_created_renewed_logged_in_and_destroyed_is_told_by_its_id() {
    let mut house = House::new();
    let log = Log::new();
    house.browser.get("/count").await;
    assert_event(&log, "INFO", "session created", house.id());
    assert_no_event(&log, "session renewed");

    let log = Log::new();
    house.browser.get("/renew").await;
    assert_event(&log, "INFO", "session renewed", house.id());
    assert_no_event(&log, "session logged in");

    let log = Log::new();
    house.browser.get("/log_in/ada").await;
    assert_event(&log, "INFO", "session logged in", house.id());

    let (log, id) = (Log::new(), house.id());
    house.browser.get("/log_out").await;
    assert_event(&log, "INFO", "session logged out", id);
    assert_no_event(&log, "session created");
}

#[tokio::test]
async fn a_read_and_a_plain_write_are_no_events() {
    let mut house = House::new();
    house.browser.get("/count").await;
    let log = Log::new();
    house.browser.get("/read").await;
    house.browser.get("/count").await;
    assert_no_event(&log, "axum_bare_session");
}

#[tokio::test]
async fn a_revoked_and_an_expired_session_are_told_by_their_ids() {
    let mut house = House::new();
    house.browser.get("/count").await;
    let (log, id) = (Log::new(), house.id());
    house.clock.advance(Duration::days(1));
    house.browser.get("/read").await;
    assert_event(&log, "DEBUG", "session expired", id);
    house.sessions.revoke(id).await.unwrap();
    assert_event(&log, "INFO", "session revoked", id);
}

#[tokio::test]
async fn a_refused_cookie_is_told_by_the_id_it_names() {
    let mut house = House::new();
    house.browser.get("/count").await;
    let mut bytes = token_bytes(house.cookie());
    bytes[47] ^= 1;
    let wrong = format!("__Host-Http-id={}", URL_SAFE_NO_PAD.encode(&bytes));
    let log = Log::new();
    let lines = [wrong.as_bytes()];
    house.browser.get_with_cookies("/read", &lines).await;
    assert_event(&log, "WARN", "session refused: wrong secret", house.id());

    bytes[15] ^= 1;
    let id: [u8; 16] = bytes[..16].try_into().unwrap();
    let unknown = format!("__Host-Http-id={}", URL_SAFE_NO_PAD.encode(&bytes));
    let log = Log::new();
    let lines = [unknown.as_bytes()];
    house.browser.get_with_cookies("/read", &lines).await;
    let id = uuid::Uuid::from_bytes(id).into();
    assert_event(&log, "DEBUG", "session refused: unknown id", id);
}

/// Lets another request go to `quick` while `/slow` holds changes.
async fn overtaken(house: &mut House, quick: &str) -> Log {
    house.browser.get("/count").await;
    let log = Log::new();
    let (mut slow, mut other) = (house.browser.clone(), house.browser.clone());
    tokio::join!(slow.get("/slow"), async {
        house.barrier.wait().await;
        other.get(quick).await;
        house.barrier.wait().await;
    });
    log
}

#[tokio::test]
async fn a_conflict_that_was_replayed_is_told_by_the_id() {
    let mut house = House::new();
    let log = overtaken(&mut house, "/count").await;
    assert_event(&log, "DEBUG", "conflict: changes replayed", house.id());
}

#[tokio::test]
async fn changes_dropped_after_a_destruction_or_a_renewal_are_told_by_the_id() {
    let mut house = House::new();
    let log = overtaken(&mut house, "/log_out").await;
    assert_event(&log, "INFO", "changes dropped", house.id());
    house.browser.cookies.clear();
    let log = overtaken(&mut house, "/renew").await;
    assert_event(&log, "INFO", "renewed meanwhile", house.id());
}

#[tokio::test]
async fn changes_dropped_by_a_panic_are_told_by_the_id() {
    let mut house = House::new();
    house.browser.get("/count").await;
    let log = Log::new();
    house.browser.get("/panic").await;
    assert_event(&log, "WARN", "changes dropped", house.id());
}

#[tokio::test]
async fn changes_made_too_late_are_told_by_the_id() {
    let mut house = House::new();
    house.browser.get("/count").await;
    let log = Log::new();
    house.browser.get("/write_late").await;
    while !log.text().contains("WARN") {
        tokio::task::yield_now().await;
    }
    assert_event(&log, "WARN", "are lost", house.id());
}

#[tokio::test]
async fn a_record_that_cannot_be_decoded_is_told_by_the_id_and_the_field() {
    let mut house = House::new();
    house.browser.get("/count").await;
    house.storage.fault(Call::Load, Fault::Malformed);
    let log = Log::new();
    house.browser.get("/read").await;
    assert_event(&log, "ERROR", "cannot be decoded", house.id());
    assert!(log.text().contains("`digest`"), "{}", log.text());
}

#[tokio::test]
async fn a_storage_that_fails_is_told_by_the_id_and_with_the_engines_words() {
    for (call, path) in [
        (Call::Load, "/read"),
        (Call::Save, "/count"),
        (Call::Touch, "/read"),
        (Call::Delete, "/log_out"),
    ] {
        let mut house = House::new();
        house.browser.get("/count").await;
        house.clock.advance(Duration::hours(2));
        house.storage.fault(call, Fault::Fail);
        let log = Log::new();
        house.browser.get(path).await;
        let text = log.text();
        assert!(text.contains("the test's storage is down"), "{text}");
        assert_event(&log, "", "the test's storage is down", house.id());
    }
}

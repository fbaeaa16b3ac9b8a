use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{Duration, SessionError};

use super::Haystack;
use super::house::{CARD, HASH, House, PASSWORD};
use crate::support::{Call, Fault, Log, token_bytes};

#[tokio::test]
async fn a_walk_through_everything_shows_no_secret_and_no_value() {
    let log = Log::new();
    let mut house = House::new();
    let mut haystack = Haystack::default();
    haystack.secret_value(CARD);
    haystack.secret_value(PASSWORD);
    haystack.secret_value(HASH);

    for path in [
        "/read",
        "/store",
        "/read",
        "/count",
        "/debug",
        "/renew",
        "/log_in/ada",
        "/stamp",
        "/expires",
        "/remember/3600",
        "/wrong_type",
        "/too_large",
        "/panic",
        "/read",
    ] {
        haystack.reply(house.browser.get(path).await);
    }
    refused_cookies(&house, &mut haystack).await;
    storage_errors(&mut house, &mut haystack).await;
    conflicts(&mut house, &mut haystack).await;
    types(&house, &mut haystack).await;
    endings(&mut house, &mut haystack).await;

    haystack.text(&log.text());
    haystack.assert_no_needle();
    // The walk did reach what it set out for.
    for event in [
        "session created",
        "session renewed",
        "session logged in",
        "session refused: unknown id",
        "session refused: wrong secret",
        "several live sessions",
        "session error",
        "session not touched",
        "cannot be decoded",
        "conflict: changes replayed",
        "too many requests",
        "renewed meanwhile",
        "the session ended meanwhile",
        "handler panicked",
        "session revoked",
        "session expired",
        "session destroyed",
    ] {
        assert!(haystack.seen().contains(event), "{event}");
    }
}

async fn refused_cookies(house: &House, haystack: &mut Haystack) {
    let mut other = house.browser.clone();
    other.cookies.clear();
    haystack.reply(other.get("/store").await);
    let (ours, theirs) = (house.cookie(), &other.cookies["__Host-Http-id"]);
    let (our_bytes, their_bytes) = (token_bytes(ours), token_bytes(theirs));
    let crossed = URL_SAFE_NO_PAD.encode([&our_bytes[..16], &their_bytes[16..]].concat());
    let unknown = URL_SAFE_NO_PAD.encode([&[9; 16], &their_bytes[16..]].concat());
    haystack.secret_cookie(&unknown);
    let malformed = format!("{ours}x");
    for values in [
        vec![&crossed],
        vec![&unknown],
        vec![&malformed],
        vec![&ours.to_owned(), theirs],
        vec![&crossed, &unknown, &malformed],
    ] {
        let pairs: Vec<_> = values
            .iter()
            .map(|v| format!("__Host-Http-id={v}"))
            .collect();
        let line = pairs.join("; ");
        let reply = other.get_with_cookies("/read", &[line.as_bytes()]).await;
        assert_eq!(reply.body, "none");
        haystack.reply(reply);
    }
}

async fn storage_errors(house: &mut House, haystack: &mut Haystack) {
    for (call, path) in [
        (Call::Load, "/read"),
        (Call::Save, "/renew"),
        (Call::Save, "/count"),
        (Call::Save, "/log_in/ada"),
        (Call::Delete, "/log_out"),
    ] {
        house.storage.fault(call, Fault::Fail);
        let reply = house.browser.get(path).await;
        assert_eq!((reply.status.as_u16(), &*reply.body), (503, ""), "{path}");
        haystack.reply(reply);
        house.storage.heal();
    }
    house.storage.fault(Call::Touch, Fault::Fail);
    house.clock.advance(Duration::minutes(30));
    haystack.reply(house.browser.get("/read").await);
    house.storage.fault(Call::List, Fault::Fail);
    let error = house.sessions.list("ada").await.unwrap_err();
    haystack.error(&error);
    house.storage.heal();

    let mut undecodable = house.browser.clone();
    undecodable.cookies.clear();
    haystack.reply(undecodable.get("/store").await);
    house.storage.fault(Call::Load, Fault::Malformed);
    haystack.reply(undecodable.get("/read").await);
    house.storage.heal();
}

async fn conflicts(house: &mut House, haystack: &mut Haystack) {
    for quick in ["/store", "/count", "/renew"] {
        let (mut slow, mut other) = (house.browser.clone(), house.browser.clone());
        let (slow, quick) = tokio::join!(slow.get("/slow"), async {
            house.barrier.wait().await;
            let reply = other.get(quick).await;
            house.barrier.wait().await;
            reply
        });
        house.browser.cookies = other.cookies;
        haystack.reply(slow);
        haystack.reply(quick);
    }
    house.storage.fault(Call::Save, Fault::Conflict);
    let reply = house.browser.get("/count").await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (503, ""));
    haystack.reply(reply);
    house.storage.heal();
}

async fn types(house: &House, haystack: &mut Haystack) {
    let record = house.storage.inner.load(house.id()).await.unwrap().unwrap();
    let json = record.to_json().unwrap();
    assert!(String::from_utf8(json).unwrap().contains(CARD));
    haystack.debug(&record);
    haystack.debug(&record.values);
    haystack.debug(&record.digest);
    haystack.debug(&house.sessions);
    haystack.debug(&house.storage.inner);
    let listed = house.sessions.list("ada").await.unwrap();
    assert_eq!(listed.len(), 1);
    haystack.debug(&listed);
    let error: SessionError = listed[0].get::<u64>("card").unwrap_err();
    haystack.error(&error);
    let stale = house.storage.inner.save(house.id(), record, None).await;
    haystack.debug(&stale.unwrap());
}

async fn endings(house: &mut House, haystack: &mut Haystack) {
    for _ in 0..2 {
        let mut slow = house.browser.clone();
        let (reply, ()) = tokio::join!(slow.get("/slow"), async {
            house.barrier.wait().await;
            house.sessions.revoke(house.id()).await.unwrap();
            house.barrier.wait().await;
        });
        haystack.reply(reply);
        haystack.reply(house.browser.get("/store").await);
    }
    house.clock.advance(Duration::days(2));
    haystack.reply(house.browser.get("/store").await);
    haystack.reply(house.browser.get("/log_out").await);
    haystack.reply(house.browser.get("/read").await);
}

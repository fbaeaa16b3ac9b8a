use axum_bare_session::{Duration, SessionData, SessionEvent, SessionEventKind as Kind};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::mpsc::{Receiver, channel};

use crate::support::{Call, Log, Setup, token_bytes};

fn watched(capacity: usize) -> (Setup, Receiver<SessionEvent>) {
    let (sender, receiver) = channel(capacity);
    (
        Setup::configured(|builder| builder.events(sender)),
        receiver,
    )
}

fn told(events: &mut Receiver<SessionEvent>) -> Vec<(Kind, Option<String>)> {
    let next = || events.try_recv().ok();
    let told = std::iter::from_fn(next);
    told.map(|event| (event.kind, event.owner.map(|owner| owner.to_string())))
        .collect()
}

fn of(owner: &str) -> Option<String> {
    Some(owner.to_owned())
}

#[tokio::test]
async fn the_life_of_a_session_is_told_with_its_owner() {
    let (setup, mut events) = watched(100);
    let mut browser = setup.visitor().await;
    assert_eq!(told(&mut events), [(Kind::Created, None)]);
    browser.visit(|s| s.log_in("ada")).await;
    let log_in = [(Kind::Renewed, of("ada")), (Kind::LoggedIn, of("ada"))];
    assert_eq!(told(&mut events), log_in);
    browser.visit(SessionData::renew).await;
    assert_eq!(told(&mut events), [(Kind::Renewed, of("ada"))]);
    browser.visit(|s| s.log_out_keeping(["x"])).await;
    assert_eq!(told(&mut events), [(Kind::LoggedOut, of("ada"))]);
    browser
        .visit(|s| {
            s.destroy();
            Ok(())
        })
        .await;
    assert_eq!(told(&mut events), [(Kind::Destroyed, None)]);

    let mut browser = setup.user("ada").await;
    told(&mut events);
    browser
        .visit(|s| {
            s.log_out();
            Ok(())
        })
        .await;
    assert_eq!(told(&mut events), [(Kind::LoggedOut, of("ada"))]);
}

#[tokio::test]
async fn a_log_in_that_is_undone_while_it_is_saved_is_told_with_the_end_that_it_comes_to() {
    let (setup, mut events) = watched(100);
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.log_in("ada").unwrap();
    told(&mut events);
    let gate = setup.storage.gate(Call::Save);
    let clone = visit.session.clone();
    let save = tokio::spawn(async move { clone.save().await });
    gate.arrival().await;
    visit.session.log_out();
    gate.open();
    save.await.unwrap().unwrap();
    visit.finish().await;
    let expected = [Kind::Renewed, Kind::LoggedIn, Kind::LoggedOut];
    assert_eq!(told(&mut events), expected.map(|kind| (kind, of("ada"))));
}

#[tokio::test]
async fn a_log_out_of_nobody_is_none() {
    let (setup, mut events) = watched(100);
    let mut browser = setup.visitor().await;
    let late = browser.begin().await;
    late.session.log_out_keeping(["x"]).unwrap();
    told(&mut events);
    browser.visit(|s| s.log_out_keeping(["x"])).await;
    assert_eq!(told(&mut events), [(Kind::Renewed, None)]);
    late.finish().await;
    assert_eq!(told(&mut events), [(Kind::Destroyed, None)]);
}

#[tokio::test]
async fn an_event_has_the_public_id_and_the_time() {
    let (setup, mut events) = watched(100);
    let browser = setup.visitor().await;
    let event = events.try_recv().unwrap();
    let visit = browser.begin().await;
    assert_eq!(Some(event.id), visit.session.id());
    assert_eq!(event.at, setup.clock.now());
}

#[tokio::test]
async fn revocations_are_told_with_the_owner() {
    let (setup, mut events) = watched(100);
    for _ in 0..3 {
        setup.user("ada").await;
    }
    let listed = setup.sessions.list("ada").await.unwrap();
    told(&mut events);
    setup.sessions.revoke(listed[0].id()).await.unwrap();
    assert_eq!(told(&mut events), [(Kind::Revoked, of("ada"))]);
    setup.sessions.revoke_all("ada").await.unwrap();
    let both = [(Kind::Revoked, of("ada")), (Kind::Revoked, of("ada"))];
    assert_eq!(told(&mut events), both);
}

#[tokio::test]
async fn refusals_and_expiry_are_told() {
    let (setup, mut events) = watched(100);
    let browser = setup.user("ada").await;
    told(&mut events);

    let mut forged = browser.clone();
    let mut bytes = token_bytes(&browser.cookies["__Host-Http-id"]);
    bytes[47] ^= 1;
    let cookie = |bytes: &[u8]| {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    };
    forged
        .cookies
        .insert("__Host-Http-id".to_owned(), cookie(&bytes));
    assert!(!forged.is_known().await);
    assert_eq!(told(&mut events), [(Kind::WrongSecret, of("ada"))]);

    bytes[15] ^= 1;
    forged
        .cookies
        .insert("__Host-Http-id".to_owned(), cookie(&bytes));
    assert!(!forged.is_known().await);
    assert_eq!(told(&mut events), [(Kind::UnknownId, None)]);

    setup.clock.advance(Duration::days(1));
    assert!(!browser.is_known().await);
    assert_eq!(told(&mut events), [(Kind::Expired, of("ada"))]);
}

#[tokio::test]
async fn a_full_channel_slows_nothing_and_the_log_tells_what_was_dropped() {
    let (setup, mut events) = watched(1);
    let log = Log::new();
    for _ in 0..10 {
        let reply = setup.browser().visit(|s| s.insert("x", 1)).await;
        assert_eq!(reply.status, 200);
    }
    assert_eq!(told(&mut events), [(Kind::Created, None)]);
    assert_eq!(log.text().matches("event not sent").count(), 9);
}

#[tokio::test]
async fn a_receiver_that_is_gone_fails_no_request() {
    let (setup, events) = watched(1);
    drop(events);
    let log = Log::new();
    let reply = setup.browser().visit(|s| s.insert("x", 1)).await;
    assert_eq!(reply.status, 200);
    assert!(!log.text().contains("event not sent"));
}

#[tokio::test]
async fn a_revocation_asks_once_whose_session_it_is_and_tells_nothing_where_there_is_none() {
    let (setup, mut events) = watched(10);
    setup.user("ada").await;
    let id = setup.sessions.list("ada").await.unwrap()[0].id();
    told(&mut events);
    setup.storage.take_calls();
    setup.sessions.revoke(id).await.unwrap();
    let calls = setup.storage.take_calls();
    assert_eq!((calls.load, calls.delete, calls.total()), (1, 1, 2));
    assert_eq!(told(&mut events), [(Kind::Revoked, Some("ada".to_owned()))]);
    setup.sessions.revoke(id).await.unwrap();
    assert_eq!(setup.storage.take_calls().total(), 1);
    assert_eq!(told(&mut events), []);
}

#[tokio::test]
async fn each_receiver_is_told_each_event_in_a_channel_of_its_own_kind() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let (other, mut others) = channel(9);
    let setup = Setup::configured(|builder| {
        let builder = builder.on_event(move |event| sender.send(event).unwrap());
        builder.events(other)
    });
    setup.user("ada").await;
    let told: Vec<_> = receiver.try_iter().map(|event| event.kind).collect();
    let expected = [Kind::Created, Kind::Renewed, Kind::LoggedIn];
    assert_eq!(told, expected);
    assert_eq!(expected.map(|_| others.try_recv().unwrap().kind), expected);
}

#[tokio::test]
async fn a_receiver_that_panics_fails_no_request_and_no_other_receiver() {
    let (sender, mut events) = channel(9);
    let setup = Setup::configured(|builder| {
        let builder = builder.on_event(|_| panic!("the test's receiver"));
        builder.events(sender)
    });
    let log = Log::new();
    let browser = setup.visitor().await;
    assert!(browser.is_known().await);
    assert_eq!(told(&mut events), [(Kind::Created, None)]);
    let text = log.text();
    assert_eq!(
        text.matches("the application panicked").count(),
        1,
        "{text}"
    );
}

/// Anybody can send cookies that open nothing.
#[tokio::test]
async fn requests_that_open_no_session_crowd_out_no_log_in() {
    let (setup, mut events) = watched(8);
    for number in 0..12_u8 {
        let cookie = format!("__Host-Http-id={}", URL_SAFE_NO_PAD.encode([number; 48]));
        let browser = setup.browser();
        browser.get_with_cookies("/", &[cookie.as_bytes()]).await;
    }
    setup.user("ada").await;
    let told = told(&mut events);
    assert_eq!(told.len(), 4 + 3, "{told:?}");
    assert!(told.contains(&(Kind::LoggedIn, of("ada"))));
}

/// Whoever has a session can send its former secret again and again.
#[tokio::test]
async fn suspected_thefts_crowd_out_no_log_in_and_are_not_crowded_out_by_strangers() {
    let (sender, mut events) = channel(8);
    let every = Duration::minutes(15);
    let setup = Setup::configured(|builder| builder.renewal_interval(every).events(sender));
    let mut browser = setup.visitor().await;
    let former = browser.clone();
    setup.clock.advance(every);
    browser.visit(|s| s.insert("x", 2)).await;
    assert!(browser.is_known().await);
    setup.clock.advance(Duration::minutes(2));
    told(&mut events);
    for number in 0..12_u8 {
        let cookie = format!("__Host-Http-id={}", URL_SAFE_NO_PAD.encode([number; 48]));
        let browser = setup.browser();
        browser.get_with_cookies("/", &[cookie.as_bytes()]).await;
    }
    for _ in 0..12 {
        assert!(!former.is_known().await);
    }
    browser.visit(|s| s.log_in("ada")).await;
    let told = told(&mut events);
    let count = |kind| told.iter().filter(|(told, _)| *told == kind).count();
    assert_eq!(count(Kind::UnknownId), 4, "{told:?}");
    assert_eq!(count(Kind::SuspectedTheft), 2, "{told:?}");
    assert_eq!(count(Kind::LoggedIn), 1, "{told:?}");
}

//! A save that has nothing to save: what a stream calls now and then, so that its session lives on.

use axum_bare_session::{Duration, SessionData};

use crate::support::{Browser, Calls, Setup};

fn setup() -> Setup {
    Setup::configured(|builder| {
        builder
            .idle_timeout(Duration::hours(1))
            .absolute_timeout(Duration::hours(8))
    })
}

/// The session of a stream, whose response has been sent.
async fn stream(browser: &Browser) -> SessionData {
    let visit = browser.begin().await;
    let session = visit.session.clone();
    visit.finish().await;
    session
}

#[tokio::test]
async fn a_stream_that_saves_now_and_then_keeps_its_session_alive_up_to_the_absolute_limit() {
    let setup = setup();
    let browser = setup.visitor().await;
    let (session, idle) = (stream(&browser).await, stream(&browser).await);
    for _ in 0..15 {
        setup.clock.advance(Duration::minutes(30));
        session.save().await.unwrap();
        assert_eq!(session.idle_remaining(), Some(Duration::HOUR));
    }
    assert!(idle.reload().await.unwrap());
    setup.clock.advance(Duration::minutes(30));
    session.save().await.unwrap();
    assert!(!session.reload().await.unwrap());
    assert!(!browser.is_known().await);
}

#[tokio::test]
async fn a_stream_that_only_waits_loses_its_session_at_the_idle_limit() {
    let setup = setup();
    let browser = setup.visitor().await;
    let session = stream(&browser).await;
    setup.clock.advance(Duration::minutes(60));
    session.save().await.unwrap();
    assert!(!session.reload().await.unwrap());
    assert!(!browser.is_known().await);
}

#[tokio::test]
async fn a_save_of_an_unchanged_session_touches_at_most_once_an_interval() {
    let setup = setup();
    let browser = setup.visitor().await;
    let session = stream(&browser).await;
    setup.storage.take_calls();
    let looked = Calls {
        load: 1,
        ..Calls::default()
    };
    let touched = Calls { touch: 1, ..looked };
    // A twentieth of the idle limit.
    for (seconds, calls) in [(179, looked), (1, touched), (0, looked)] {
        setup.clock.advance(Duration::seconds(seconds));
        session.save().await.unwrap();
        assert_eq!(setup.storage.take_calls(), calls, "{seconds}");
    }
}

#[tokio::test]
async fn a_save_for_a_visitor_for_whom_nothing_was_written_makes_no_session() {
    let setup = setup();
    let visit = setup.browser().begin().await;
    visit.session.save().await.unwrap();
    visit.session.insert("x", 1).unwrap();
    visit.session.remove("x");
    visit.session.save().await.unwrap();
    assert!(visit.session.is_new());
    let session = visit.session.clone();
    assert_eq!(visit.finish().await.set_cookies(), [""; 0]);
    session.save().await.unwrap();
    assert_eq!(setup.storage.take_calls(), Calls::default());
}

#[tokio::test]
async fn a_save_of_nothing_is_no_error_where_the_session_has_ended() {
    let setup = setup();
    let browser = setup.visitor().await;
    let session = stream(&browser).await;
    setup.sessions.revoke(session.id().unwrap()).await.unwrap();
    setup.clock.advance(Duration::minutes(30));
    session.save().await.unwrap();
    assert!(!session.reload().await.unwrap());
    session.save().await.unwrap();
}

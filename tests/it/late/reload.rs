use axum_bare_session::{Duration, SessionData};

use crate::support::{Browser, Call, Fault, Setup};

async fn late(browser: &Browser) -> SessionData {
    let visit = browser.begin().await;
    let session = visit.session.clone();
    visit.finish().await;
    session
}

#[tokio::test]
async fn a_reload_sees_what_others_saved() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let session = late(&browser).await;
    browser.visit(|other| other.insert("x", 2)).await;
    assert_eq!(session.get("x").unwrap(), Some(1));
    assert!(session.reload().await.unwrap());
    assert_eq!(session.get("x").unwrap(), Some(2));
}

#[tokio::test]
async fn a_reload_keeps_what_is_not_saved_yet() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let session = late(&browser).await;
    session.insert("mine", 1).unwrap();
    session
        .update("x", |x: Option<u64>| x.unwrap_or(0) + 1)
        .unwrap();
    let others = |other: &SessionData| {
        other.insert("x", 10)?;
        other.insert("others", 1)
    };
    browser.visit(others).await;
    assert!(session.reload().await.unwrap());
    assert_eq!(session.keys(), ["mine", "others", "x"]);
    session.save().await.unwrap();
    assert_eq!(browser.keys().await, ["mine", "others", "x"]);
    assert_eq!(browser.read("x").await, Some(11));
    assert_eq!(session.get("x").unwrap(), Some(11));
}

#[tokio::test]
async fn a_reload_inside_the_handler_sees_what_others_saved() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.insert("mine", 1).unwrap();
    browser.visit(|other| other.insert("x", 2)).await;
    assert!(visit.session.reload().await.unwrap());
    assert_eq!(visit.session.get("x").unwrap(), Some(2));
    setup.storage.take_calls();
    visit.finish().await;
    assert_eq!(setup.storage.take_calls().save, 1, "no conflict");
    assert_eq!(browser.keys().await, ["mine", "x"]);
}

#[tokio::test]
async fn a_reload_tells_that_the_session_was_destroyed() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let session = late(&browser).await;
    let log_out = |other: &SessionData| {
        other.destroy();
        Ok(())
    };
    browser.visit(log_out).await;
    assert!(!session.reload().await.unwrap());
    assert!(!session.reload().await.unwrap());
}

#[tokio::test]
async fn a_reload_tells_that_another_request_renewed_the_session() {
    let setup = Setup::new();
    for log_in in [true, false] {
        let mut browser = setup.visitor().await;
        let session = late(&browser).await;
        let renew = |other: &SessionData| match log_in {
            true => other.log_in("user:42"),
            false => other.renew(),
        };
        browser.visit(renew).await;
        browser.visit(|other| other.insert("secret", 1)).await;
        assert!(!session.reload().await.unwrap());
        assert!(!session.contains_key("secret"));
    }
}

#[tokio::test]
async fn a_reload_after_an_own_renewal_is_fine() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let visit = browser.begin().await;
    let session = visit.session.clone();
    session.log_in("user:42").unwrap();
    browser.keep(&visit.finish().await);
    assert!(session.reload().await.unwrap());
    assert_eq!(session.owner().as_deref(), Some("user:42"));
}

#[tokio::test]
async fn a_reload_tells_that_the_session_expired() {
    let setup = Setup::new();
    let session = late(&setup.visitor().await).await;
    setup.clock.advance(Duration::hours(24) - Duration::SECOND);
    assert!(session.reload().await.unwrap());
    setup.clock.advance(Duration::SECOND);
    assert!(!session.reload().await.unwrap());
}

#[tokio::test]
async fn a_reload_without_a_session_is_false_and_calls_no_storage() {
    let setup = Setup::new();
    let session = late(&setup.browser()).await;
    assert!(!session.reload().await.unwrap());
    assert_eq!(setup.storage.take_calls().total(), 0);
}

#[tokio::test]
async fn a_reload_that_fails_ends_nothing() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let session = late(&browser).await;
    session.insert("y", 1).unwrap();
    setup.storage.fault(Call::Load, Fault::Fail);
    assert!(session.reload().await.is_err());
    setup.storage.heal();
    session.save().await.unwrap();
    assert_eq!(browser.keys().await, ["x", "y"]);
}

#[tokio::test]
async fn a_reload_keeps_what_could_not_be_saved() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.insert("y", 1).unwrap();
    setup.storage.fault(Call::Save, Fault::Fail);
    visit.session.save().await.unwrap_err();
    setup.storage.heal();
    visit.session.insert("z", 1).unwrap();
    browser.visit(|other| other.insert("others", 1)).await;
    assert!(visit.session.reload().await.unwrap());
    assert_eq!(visit.session.keys(), ["x", "y", "z"]);
    visit
        .session
        .update("y", |y: Option<u8>| y.unwrap_or(0) + 1)
        .unwrap();
    assert_eq!(visit.session.get("y").unwrap(), Some(2));
    visit.session.save().await.unwrap();
    assert_eq!(visit.session.keys(), ["others", "x", "y", "z"]);
    assert_eq!(visit.finish().await.status, 200);
    assert_eq!(browser.read("y").await, Some(2));
}

/// Behind a log-in by somebody else the changes still come before it; behind the end they come to nothing.
#[tokio::test]
async fn what_was_changed_is_saved_behind_a_reload_that_found_a_renewal_and_not_one_that_found_an_end()
 {
    for ends in [false, true] {
        let setup = Setup::new();
        let mut browser = setup.visitor().await;
        let visit = browser.begin().await;
        visit.session.insert("mine", 1).unwrap();
        if ends {
            setup.clock.advance(Duration::DAY);
        } else {
            browser.visit(|other| other.log_in("user:42")).await;
        }
        assert!(!visit.session.reload().await.unwrap());
        let saved = visit.session.save().await;
        assert_eq!(saved.is_err(), ends);
        visit.finish().await;
        if !ends {
            assert_eq!(browser.keys().await, ["mine", "x"]);
        }
    }
}

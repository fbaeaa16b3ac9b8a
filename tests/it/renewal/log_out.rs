use axum_bare_session::{ClearSiteData, Duration, SessionData};

use crate::support::{Calls, Setup};

#[tokio::test]
async fn a_flash_message_after_a_log_out_gets_a_new_id_and_a_new_secret() {
    let setup = Setup::new();
    let mut browser = setup.user("user:42").await;
    let old = browser.clone();
    let id = browser.begin().await.session.id().unwrap();
    let work = |session: &SessionData| {
        session.destroy();
        assert!(session.is_new());
        assert!(session.is_empty());
        assert_eq!(session.owner(), None);
        session.insert("flash", "bye")
    };
    let reply = browser.visit(work).await;
    assert_eq!(reply.set_cookies().len(), 1);
    assert!(!reply.set_cookies()[0].contains("Max-Age=0"));

    let visit = browser.begin().await;
    assert_ne!(visit.session.id().unwrap(), id);
    assert_eq!(visit.session.owner(), None);
    assert_eq!(visit.session.keys(), ["flash"]);
    assert_ne!(browser.cookie(), old.cookie());
    assert!(!old.is_known().await);
    assert_eq!(setup.storage.inner.len(), 1);
}

#[tokio::test]
async fn a_log_in_after_a_destruction_gets_a_session_of_its_own() {
    let setup = Setup::new();
    let mut browser = setup.user("user:7").await;
    let old = browser.clone();
    let id = browser.begin().await.session.id();
    let work = |session: &SessionData| {
        session.destroy();
        session.log_in("user:42")
    };
    let reply = browser.visit(work).await;
    assert_eq!(reply.set_cookies().len(), 1);
    let visit = browser.begin().await;
    assert_ne!(visit.session.id(), id);
    assert_eq!(visit.session.owner().as_deref(), Some("user:42"));
    assert!(visit.session.is_empty());
    assert!(!old.is_known().await);
    assert_eq!(setup.storage.inner.len(), 1);
}

#[tokio::test]
async fn a_log_in_and_a_destruction_in_one_request_leave_nothing() {
    let setup = Setup::new();
    let work = |session: &SessionData| {
        session.log_in("user:42")?;
        session.insert("y", 1)?;
        session.destroy();
        Ok(())
    };
    let mut visitor = setup.visitor().await;
    let reply = visitor.visit(work).await;
    assert_eq!(reply.set_cookies().len(), 1);
    assert_eq!(reply.new_cookie(), None);
    assert!(visitor.cookies.is_empty());
    let reply = setup.browser().visit(work).await;
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn destroying_twice_deletes_once_and_removes_the_cookie() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let work = |session: &SessionData| {
        session.destroy();
        session.insert("y", 1)?;
        session.destroy();
        Ok(())
    };
    let reply = browser.visit(work).await;
    assert_eq!(reply.set_cookies().len(), 1);
    assert!(reply.set_cookies()[0].contains("Max-Age=0"));
    let calls = Calls {
        load: 1,
        delete: 1,
        ..Calls::default()
    };
    assert_eq!(setup.storage.take_calls(), calls);
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn destroying_without_a_session_does_nothing() {
    let setup = Setup::new();
    let mut browser = setup.browser();
    let destroy = |session: &SessionData| {
        session.destroy();
        Ok(())
    };
    let reply = browser.visit(destroy).await;
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert_eq!(setup.storage.take_calls(), Calls::default());
}

#[tokio::test]
async fn a_write_a_destruction_and_a_revert_leave_the_session_as_it_was() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let cookie = browser.cookie();
    let work = |session: &SessionData| {
        session.insert("x", 2)?;
        session.destroy();
        session.insert("y", 1)?;
        session.revert();
        assert_eq!(session.keys(), ["x"]);
        assert_eq!(session.get("x")?, Some(1));
        Ok(())
    };
    let reply = browser.visit(work).await;
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert_eq!(setup.storage.take_calls().total(), 1);
    assert_eq!(browser.cookie(), cookie);
    assert_eq!(browser.read("x").await, Some(1));
}

#[tokio::test]
async fn a_cookie_of_a_destroyed_session_is_removed_once_and_not_at_later_reads() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let old = browser.clone();
    let destroy = |session: &SessionData| {
        session.destroy();
        Ok(())
    };
    browser.visit(destroy).await;
    let visit = old.begin().await;
    assert!(visit.session.is_new());
    assert_eq!(visit.finish().await.set_cookies(), [""; 0]);
}

#[tokio::test]
async fn a_new_session_that_is_saved_and_destroyed_by_its_handler_leaves_nothing() {
    let setup = Setup::new();
    let mut browser = setup.browser();
    let visit = browser.begin().await;
    visit.session.insert("x", 1).unwrap();
    visit.session.save().await.unwrap();
    assert_eq!(setup.storage.inner.len(), 1);
    visit.session.destroy();
    let reply = visit.finish().await;
    assert_eq!(reply.new_cookie(), None);
    browser.keep(&reply);
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn remembering_without_values_makes_no_session() {
    let setup = Setup::new();
    let remember = |session: &SessionData| session.remember(Duration::days(7));
    let reply = setup.browser().visit(remember).await;
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert_eq!(setup.storage.take_calls(), Calls::default());
}

/// The request knows a secret of before, and ends the session all the same.
#[tokio::test]
async fn a_log_out_behind_a_renewal_removes_the_cookie_and_what_the_site_has_stored() {
    for owner in [Some("user:42"), None] {
        let setup = Setup::configured(|b| b.clear_site_data([ClearSiteData::Storage]));
        let browser = setup.visitor().await;
        let visit = browser.begin().await;
        let mut other = browser.clone();
        other
            .visit(|session| match owner {
                Some(owner) => session.log_in(owner),
                None => session.renew(),
            })
            .await;
        visit.session.log_out_keeping(["x"]).unwrap();
        let reply = visit.finish().await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.set_cookies().len(), 1);
        assert_eq!(reply.new_cookie(), None);
        let told = reply.headers.contains_key("clear-site-data");
        assert_eq!(told, owner.is_some());
        assert!(!other.is_known().await);
        assert!(setup.storage.inner.is_empty());
    }
}

use axum_bare_session::SessionData;

use crate::support::{Browser, Log, Setup};

const WARNING: &str = "are lost: call `save` after them";

async fn late(browser: &Browser) -> SessionData {
    let visit = browser.begin().await;
    let session = visit.session.clone();
    visit.finish().await;
    session
}

#[tokio::test]
async fn dropping_late_changes_without_saving_them_warns() {
    let works: [fn(&SessionData); 5] = [
        |session| session.insert("y", 1).unwrap(),
        |session| {
            let count = |x: Option<u64>| x.unwrap_or(0) + 1;
            session.update("x", count).unwrap();
        },
        |session| assert!(session.remove("x")),
        |session| session.clear(),
        |session| assert!(session.take::<u64>("x").unwrap().is_some()),
    ];
    for work in works {
        let setup = Setup::new();
        let session = late(&setup.visitor().await).await;
        let id = session.id().unwrap().to_string();
        let log = Log::new();
        work(&session);
        let clone = session.clone();
        drop(session);
        assert!(!log.text().contains(WARNING), "a clone can still save");
        drop(clone);
        let text = log.text();
        assert!(text.contains(WARNING));
        assert!(text.contains(&id));
    }
}

#[tokio::test]
async fn dropping_a_late_destruction_without_saving_it_warns() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let session = late(&browser).await;
    let log = Log::new();
    session.destroy();
    drop(session);
    assert!(log.text().contains(WARNING));
    assert!(browser.is_known().await);
}

#[tokio::test]
async fn nothing_warns_where_nothing_is_lost() {
    let log = Log::new();
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    browser.visit(|session| session.insert("y", 1)).await;
    let saved = late(&browser).await;
    saved.insert("x", 2).unwrap();
    saved.save().await.unwrap();
    drop(saved);
    let reverted = late(&browser).await;
    reverted.insert("x", 3).unwrap();
    reverted.revert();
    drop(reverted);
    let destroyed = late(&browser).await;
    destroyed.destroy();
    destroyed.save().await.unwrap();
    drop(destroyed);
    let refused = late(&setup.browser()).await;
    assert!(refused.insert("x", 1).is_err());
    drop(refused);
    assert!(!log.text().contains(WARNING));
}

//! Saves that the storage has not answered, and what is found of them later.

use axum_bare_session::Duration;

use crate::support::{Call, Fault, Setup};

/// The cookie that would be sent again with the write is worth nothing by then, and the browser has another.
#[tokio::test(start_paused = true)]
async fn a_write_that_is_found_behind_a_log_in_sends_no_cookie() {
    let setup = Setup::configured(|b| b.max_age(Duration::DAY));
    let mut browser = setup.visitor().await;
    let visit = browser.begin().await;
    visit.session.insert("y", 2).unwrap();
    setup.storage.fault(Call::Save, Fault::HangAfter);
    let reply = visit.begin_commit("done");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    setup.storage.heal();
    browser.visit(|session| session.log_in("user:42")).await;
    let reply = reply.await.unwrap();
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (200, 0));
    assert_eq!(browser.keys().await, ["x", "y"]);
}

/// Whoever saw the first one may have ended it by now.
#[tokio::test(start_paused = true)]
async fn a_creation_that_is_not_found_is_made_under_another_id() {
    let setup = Setup::new();
    let visit = setup.browser().begin().await;
    visit.session.insert("x", 1).unwrap();
    setup.storage.fault(Call::Save, Fault::Hang);
    assert!(visit.session.save().await.is_err());
    setup.storage.heal();
    assert!(visit.finish().await.new_cookie().is_some());
    assert_eq!(
        (setup.storage.ids_tried(), setup.storage.inner.len()),
        (2, 1)
    );
}

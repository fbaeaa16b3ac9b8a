//! What is promised of a message that a page takes: it is shown at least once.

use crate::support::{Call, Fault, Setup};

/// A browser in whose session a message waits.
async fn setup() -> (Setup, crate::support::Browser) {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    browser
        .visit(|session| session.insert("flash", "Saved."))
        .await;
    (setup, browser)
}

#[tokio::test]
async fn pages_that_take_a_message_at_once_both_get_it_and_the_next_one_does_not() {
    let (_setup, browser) = setup().await;
    let pages = [browser.begin().await, browser.begin().await];
    for page in &pages {
        let taken = page.session.take::<String>("flash").unwrap();
        assert_eq!(taken.as_deref(), Some("Saved."));
    }
    for page in pages {
        assert_eq!(page.finish().await.status, 200);
    }
    assert_eq!(browser.keys().await, ["x"]);
}

#[tokio::test]
async fn a_message_that_is_left_while_a_page_takes_the_one_before_waits_for_the_next_page() {
    for page_ends_first in [true, false] {
        let (_setup, browser) = setup().await;
        let (page, form) = (browser.begin().await, browser.begin().await);
        let taken = page.session.take::<String>("flash").unwrap();
        assert_eq!(taken.as_deref(), Some("Saved."));
        form.session.insert("flash", "Deleted.").unwrap();
        let (first, second) = if page_ends_first {
            (page, form)
        } else {
            (form, page)
        };
        assert_eq!(first.finish().await.status, 200);
        assert_eq!(second.finish().await.status, 200);
        assert_eq!(
            browser.read::<String>("flash").await.as_deref(),
            Some("Deleted.")
        );
    }
}

#[tokio::test]
async fn a_message_stays_until_a_page_that_took_it_is_saved() {
    let (setup, mut browser) = setup().await;
    setup.storage.fault(Call::Save, Fault::Fail);
    let reply = browser
        .visit(|session| session.take::<String>("flash").map(|_| ()))
        .await;
    assert_eq!((reply.status.as_u16(), &*reply.body), (503, ""));
    setup.storage.heal();
    assert_eq!(
        browser.read::<String>("flash").await.as_deref(),
        Some("Saved.")
    );
}

#[tokio::test]
async fn a_message_that_a_log_in_leaves_is_not_lost_to_a_page_that_took_the_one_before() {
    let (_setup, mut browser) = setup().await;
    let page = browser.begin().await;
    page.session.take::<String>("flash").unwrap();
    browser
        .visit(|session| {
            session.log_in("user:42")?;
            session.insert("flash", "Welcome.")
        })
        .await;
    assert_eq!(page.finish().await.status, 200);
    assert_eq!(
        browser.read::<String>("flash").await.as_deref(),
        Some("Welcome.")
    );
}

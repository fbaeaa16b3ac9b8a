use std::sync::Arc;
use std::time::Duration;

use axum_bare_session::storage::{
    Owned, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
};
use axum_bare_session::{MemorySessionStorage, SessionId, Sessions};
use browser_tests::{App, Browser};

use super::{sign_up, submit};
use crate::devices_example;

/// Takes its time to save, so that requests that are sent together have all loaded before one of them saves.
struct SlowToSave(MemorySessionStorage);

impl SessionStorage for SlowToSave {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        self.0.load(id).await
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.0.save(id, record, expected).await
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        self.0.touch(id, expected, last_seen, expires_at).await
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        self.0.delete(id).await
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        self.0.list(owner, now).await
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        self.0.delete_owned(owner, which, now).await
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        self.0.delete_expired(now).await
    }
}

/// Starts to send the form for a fruit ten times at once.
fn add_ten(fruit: &str) -> String {
    format!(
        "const body = new URLSearchParams({{ fruit: '{fruit}' }});
         const add = () => fetch('/cart', {{ method: 'POST', body }}).then(reply => reply.ok);
         window.adding = Promise.all(Array.from({{ length: 10 }}, add));"
    )
}

const ALL_ADDED: &str = "return window.adding.then(replies => replies.every(ok => ok))";

#[tokio::test]
async fn two_tabs_fill_the_cart_at_once_and_no_piece_is_lost() {
    let storage = SlowToSave(MemorySessionStorage::new());
    let app = App::serve(devices_example::app(Sessions::from(storage))).await;
    let browser = Browser::start().await;
    browser.goto(&app.url("/")).await;
    browser.follow("[value=quince]").await;
    let first = browser.open_tab().await;
    browser.goto(&app.url("/")).await;

    browser.run(&add_ten("apple")).await;
    browser.switch_to(first).await;
    browser.run(&add_ten("plum")).await;
    assert_eq!(browser.run(ALL_ADDED).await, true);
    let other_tab = browser.other_tab().await;
    browser.switch_to(other_tab).await;
    assert_eq!(browser.run(ALL_ADDED).await, true);

    browser.reload().await;
    for (id, count) in [
        ("apple", "10"),
        ("plum", "10"),
        ("quince", "1"),
        ("total", "21"),
    ] {
        let shown = format!("return document.getElementById('{id}').textContent");
        assert_eq!(browser.run(&shown).await, count, "{id}");
    }
}

#[tokio::test]
async fn the_cart_is_there_after_the_log_in_and_after_the_log_out() {
    let app = App::example("devices");
    let browser = Browser::start().await;
    browser.goto(&app.url("/")).await;
    browser.follow("[value=pear]").await;
    let total = "return document.getElementById('total').textContent";

    sign_up(&browser, &app, "Ada").await;
    browser.goto(&app.url("/")).await;
    assert_eq!(browser.run(total).await, "1");
    browser.follow("[value=pear]").await;
    browser.follow("#log-out").await;
    let text = browser.text().await;
    assert!(text.contains("You are logged out."), "{text}");
    assert!(!text.contains("Ada"), "{text}");
    assert_eq!(browser.run(total).await, "2");

    // Whoever logs in next on this browser sees their own devices only.
    browser.goto(&app.url("/signup")).await;
    submit(&browser, "Bob", super::PASSWORD).await;
    let text = browser.text().await;
    assert!(text.contains("logged in at 1 place."), "{text}");
}

use std::path::Path;

use fantoccini::cookies::Cookie;
use fantoccini::elements::Element;
use fantoccini::wd::{Locator, WindowHandle};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;

use super::driver::{Driver, installed};

const COOKIE: &str = "__Host-id";

/// A Chromium without a screen. Fields are dropped in this order: the profile after the browser that writes to it.
pub(crate) struct Browser {
    client: Client,
    _driver: Driver,
    _profile: Option<TempDir>,
}

impl Browser {
    /// A browser that was never used before.
    pub(crate) async fn start() -> Self {
        let profile = TempDir::new().unwrap();
        let mut browser = Self::start_with_profile(profile.path()).await;
        browser._profile = Some(profile);
        browser
    }

    /// A browser with what an earlier one left in `profile`.
    pub(crate) async fn start_with_profile(profile: &Path) -> Self {
        let chromium = installed(&["chromium", "chromium-browser", "google-chrome"]);
        let driver = Driver::start();
        let arguments = [
            "--headless=new",
            // Tests may run as root, or in a container that cannot nest another.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &format!("--user-data-dir={}", profile.display()),
        ];
        let options = json!({ "binary": chromium, "args": arguments });
        let capabilities = [("goog:chromeOptions".to_owned(), options)];
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.into_iter().collect())
            .connect(&format!("http://localhost:{}", driver.port))
            .await
            .expect("Chromium starts");
        Self {
            client,
            _driver: driver,
            _profile: None,
        }
    }

    /// Closes the browser as a user does, so that it keeps what is to be kept.
    pub(crate) async fn quit(self) {
        self.client.close().await.unwrap();
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub(crate) async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    pub(crate) async fn back(&self) {
        self.client.back().await.unwrap();
    }

    /// What the page shows.
    pub(crate) async fn text(&self) -> String {
        self.find("body").await.text().await.unwrap()
    }

    pub(crate) async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// Clicks what leads to another page, and waits for that page.
    pub(crate) async fn follow(&self, css: &str) {
        // A click does not wait for what it sets off, so the page that is to go is marked.
        self.run("document.documentElement.id = 'left'").await;
        self.click(css).await;
        self.wait_for("/html[not(@id='left')]/body").await;
    }

    pub(crate) async fn type_into(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.unwrap();
    }

    /// Waits until the page has an element that `xpath` selects.
    pub(crate) async fn wait_for(&self, xpath: &str) {
        let found = self.client.wait().for_element(Locator::XPath(xpath));
        found.await.unwrap();
    }

    /// What the body of a script returns; of a promise, what it becomes.
    pub(crate) async fn run(&self, script: &str) -> serde_json::Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// The session cookie, as the browser keeps it for the page's host.
    pub(crate) async fn cookie(&self) -> Option<Cookie<'static>> {
        let cookies = self.client.get_all_cookies().await.unwrap();
        cookies.into_iter().find(|cookie| cookie.name() == COOKIE)
    }

    /// Replaces the session cookie's value by another one, as one who stole that does.
    pub(crate) async fn plant(&self, value: &str) {
        self.client.delete_all_cookies().await.unwrap();
        // By script: a driver gives each cookie a domain, and Chromium refuses that for a `__Host-` one.
        self.run(&format!(
            "document.cookie = '{COOKIE}={value}; Secure; Path=/'"
        ))
        .await;
        let planted = self.cookie().await.expect("Chromium takes the cookie");
        assert_eq!(planted.value(), value);
    }

    /// Opens a tab beside the current one, and goes on in it. Returns the one before.
    pub(crate) async fn open_tab(&self) -> WindowHandle {
        let before = self.client.window().await.unwrap();
        let opened = self.client.new_window(true).await.unwrap();
        self.switch_to(opened.handle).await;
        before
    }

    pub(crate) async fn switch_to(&self, tab: WindowHandle) {
        self.client.switch_to_window(tab).await.unwrap();
    }

    async fn find(&self, css: &str) -> Element {
        let found = self.client.find(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("{css}: {error}"))
    }
}

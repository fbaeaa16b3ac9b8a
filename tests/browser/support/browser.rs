use std::path::Path;

use axum::Router;
use axum::http::header::SET_COOKIE;
use axum::routing::get;
use fantoccini::cookies::Cookie;
use fantoccini::elements::Element;
use fantoccini::wd::{Locator, WindowHandle};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;

use super::app::App;
use super::driver::{Driver, installed};

const COOKIE: &str = "__Host-Http-id";

/// What a browser runs on, as pages see it.
#[derive(Default)]
pub struct Device {
    /// What the browser says of itself; its own words if there are none.
    pub user_agent: Option<&'static str>,
    /// Width and height of the page, in CSS pixels.
    pub size: Option<(u32, u32)>,
    pub is_dark: bool,
    /// Whether the browser binds sessions to keys of its own, in software.
    pub binds_sessions: bool,
    /// The fingerprint of a certificate that it trusts. Over a connection that it was told to take in spite of errors
    /// it binds no sessions.
    pub trusts: Option<String>,
}

/// What a page's script gets from the server.
#[derive(Debug)]
pub struct Reply {
    pub status: u64,
    pub text: String,
}

/// A Chromium without a screen. Fields are dropped in this order: the profile after the browser that writes to it.
pub struct Browser {
    client: Client,
    _driver: Driver,
    _profile: Option<TempDir>,
}

impl Browser {
    /// A browser that was never used before.
    pub async fn start() -> Self {
        Self::start_on(&Device::default()).await
    }

    /// A browser that was never used before, on a certain device.
    pub async fn start_on(device: &Device) -> Self {
        let profile = TempDir::new().unwrap();
        let mut browser = Self::connect(profile.path(), device).await;
        browser._profile = Some(profile);
        browser
    }

    /// A browser with what an earlier one left in `profile`.
    pub async fn start_with_profile(profile: &Path) -> Self {
        Self::connect(profile, &Device::default()).await
    }

    async fn connect(profile: &Path, device: &Device) -> Self {
        let chromium = installed(&["chromium", "chromium-browser", "google-chrome"]);
        let driver = Driver::start();
        let mut arguments = vec![
            "--headless=new".to_owned(),
            // Tests may run as root, or in a container that cannot nest another.
            "--no-sandbox".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            format!("--user-data-dir={}", profile.display()),
        ];
        if let Some(user_agent) = device.user_agent {
            arguments.push(format!("--user-agent={user_agent}"));
        }
        if device.is_dark {
            arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
        }
        if device.binds_sessions {
            // Either feature alone does nothing.
            let features =
                "DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting";
            arguments.push(format!("--enable-features={features}"));
        }
        if let Some(fingerprint) = &device.trusts {
            arguments.push(format!(
                "--ignore-certificate-errors-spki-list={fingerprint}"
            ));
        }
        let mut options = json!({ "binary": chromium, "args": arguments });
        if let Some((width, height)) = device.size {
            // A window cannot be as narrow as a phone.
            let metrics = json!({ "width": width, "height": height, "pixelRatio": 1, "mobile": width < 600, "touch": false });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
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
    pub async fn quit(self) {
        self.client.close().await.unwrap();
    }

    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    pub async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    pub async fn back(&self) {
        self.client.back().await.unwrap();
    }

    /// The address that is shown, also where the page is the browser's own, about an error.
    pub async fn url(&self) -> String {
        self.client.current_url().await.unwrap().into()
    }

    /// What the page shows.
    pub async fn text(&self) -> String {
        self.find("body").await.text().await.unwrap()
    }

    /// A picture of what is seen of the page, as PNG.
    pub async fn screenshot(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }

    pub async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    /// Clicks what leads to another page, and waits for that page.
    pub async fn follow(&self, css: &str) {
        // A click does not wait for what it sets off, so the page that is to go is marked.
        self.run("document.documentElement.id = 'left'").await;
        self.click(css).await;
        self.wait_for("/html[not(@id='left')]/body").await;
    }

    pub async fn type_into(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.unwrap();
    }

    /// Waits until the page has an element that `xpath` selects.
    pub async fn wait_for(&self, xpath: &str) {
        let found = self.client.wait().for_element(Locator::XPath(xpath));
        found.await.unwrap();
    }

    /// What the body of a script returns; of a promise, what it becomes.
    pub async fn run(&self, script: &str) -> serde_json::Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Sends a form to the page's own site, whatever the page has. Redirects are followed.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        let script = "const [path, form] = arguments;
            const body = new URLSearchParams(form);
            const reply = await fetch(path, { method: 'POST', body });
            return [reply.status, await reply.text()];";
        let script = format!("return (async (...arguments) => {{ {script} }})(...arguments)");
        let arguments = vec![json!(path), json!(form)];
        let reply = self.client.execute(&script, arguments).await.unwrap();
        Reply {
            status: reply[0].as_u64().unwrap(),
            text: reply[1].as_str().unwrap().to_owned(),
        }
    }

    /// The session cookie, as the browser keeps it for the page's host.
    pub async fn cookie(&self) -> Option<Cookie<'static>> {
        let cookies = self.client.get_all_cookies().await.unwrap();
        cookies.into_iter().find(|cookie| cookie.name() == COOKIE)
    }

    /// Replaces the session cookie's value by another one, as one who stole that does.
    pub async fn plant(&self, value: &str) {
        let page = self.client.current_url().await.unwrap();
        self.client.delete_all_cookies().await.unwrap();
        // By another server of this host, whose cookies it shares: no script may set a `__Host-Http-` one, and a driver
        // gives each cookie a domain.
        let cookie = format!("{COOKIE}={value}; Secure; HttpOnly; Path=/");
        let set = async move || [(SET_COOKIE, cookie)];
        let other = App::serve(Router::new().route("/", get(set))).await;
        self.goto(&other.url("/")).await;
        self.goto(page.as_str()).await;
        let planted = self.cookie().await.expect("Chromium takes the cookie");
        assert_eq!(planted.value(), value);
    }

    /// Every cookie for the page's host, as the browser would send it.
    pub async fn cookies(&self) -> Vec<Cookie<'static>> {
        self.client.get_all_cookies().await.unwrap()
    }

    pub async fn delete_cookie(&self, name: &str) {
        self.client.delete_cookie(name).await.unwrap();
    }

    /// Takes another browser's cookies, as one who stole them does.
    pub async fn plant_all(&self, cookies: &[Cookie<'static>]) {
        let lines = cookies.iter().map(|cookie| {
            let (name, value) = cookie.name_value();
            (
                SET_COOKIE,
                format!("{name}={value}; Secure; HttpOnly; Path=/"),
            )
        });
        let lines: Vec<_> = lines.collect();
        let set = async move || axum::response::AppendHeaders(lines);
        let other = App::serve(Router::new().route("/", get(set))).await;
        self.goto(&other.url("/")).await;
    }

    /// Opens a tab beside the current one, and goes on in it. Returns the one before.
    pub async fn open_tab(&self) -> WindowHandle {
        let before = self.client.window().await.unwrap();
        let opened = self.client.new_window(true).await.unwrap();
        self.switch_to(opened.handle).await;
        before
    }

    /// The tab that is not the current one.
    pub async fn other_tab(&self) -> WindowHandle {
        let current = self.client.window().await.unwrap();
        let tabs = self.client.windows().await.unwrap();
        let mut others = tabs.into_iter().filter(|tab| *tab != current);
        others.next().expect("a second tab")
    }

    pub async fn switch_to(&self, tab: WindowHandle) {
        self.client.switch_to_window(tab).await.unwrap();
    }

    async fn find(&self, css: &str) -> Element {
        let found = self.client.find(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("{css}: {error}"))
    }
}

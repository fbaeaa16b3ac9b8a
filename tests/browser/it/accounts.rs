//! The example `accounts`.

use browser_tests::{App, Browser};

const PASSWORD: &str = "correct horse";

/// Fills in the form of the log-in page that the browser shows, and sends it.
async fn log_in(browser: &Browser, name: &str, password: &str) {
    browser.type_into("[name=name]", name).await;
    browser.type_into("[name=password]", password).await;
    browser.follow("form[action='/login'] button").await;
}

async fn path(browser: &Browser) -> String {
    let path = browser
        .run("return location.pathname + location.search")
        .await;
    path.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_log_in_leads_to_the_page_that_was_asked_for_and_a_wrong_password_does_not_lose_it() {
    let app = App::example("accounts");
    let browser = Browser::start().await;
    let asked = "/reports?year=2024&q=%22a%20b%22|c'";
    browser.goto(&app.url(asked)).await;
    assert!(path(&browser).await.starts_with("/login?next=/reports%3F"));
    // The browser has its own ways to write a query.
    let as_sent = browser
        .run(&format!("return new URL(\"{asked}\", location).search"))
        .await;

    log_in(&browser, "ada", "wrong horse").await;
    let text = browser.text().await;
    assert!(text.contains("Wrong name or password."), "{text}");
    log_in(&browser, "ada", PASSWORD).await;
    assert_eq!(
        path(&browser).await,
        format!("/reports{}", as_sent.as_str().unwrap())
    );
    let text = browser.text().await;
    assert!(text.contains("Everything grows."), "{text}");
    assert!(text.contains("Welcome, ada."), "{text}");
    browser.reload().await;
    let text = browser.text().await;
    assert!(!text.contains("Welcome"), "{text}");
}

#[tokio::test]
async fn no_link_to_the_log_in_page_leads_to_another_site() {
    let app = App::example("accounts");
    for next in [
        "//evil.localhost",
        "/%5Cevil.localhost",
        "/%09/evil.localhost",
        "%0A//evil.localhost",
        "http://evil.localhost",
        "/..//evil.localhost",
        "/%2509/evil.localhost",
        "/%252F/evil.localhost",
    ] {
        let browser = Browser::start().await;
        browser.goto(&app.url(&format!("/login?next={next}"))).await;
        log_in(&browser, "ada", PASSWORD).await;
        let url = browser.url().await;
        assert!(url.starts_with(&app.url("/")), "{next}: {url}");
    }
}

#[tokio::test]
async fn a_password_that_is_changed_here_logs_the_account_out_elsewhere_and_not_here() {
    let app = App::example("accounts");
    let (this, other) = (Browser::start().await, Browser::start().await);
    for browser in [&this, &other] {
        browser.goto(&app.url("/")).await;
        log_in(browser, "bob", PASSWORD).await;
        assert!(browser.text().await.contains("Welcome, bob."));
    }
    this.goto(&app.url("/password")).await;
    this.type_into("[name=password]", PASSWORD).await;
    this.type_into("[name=new_password]", "battery staple")
        .await;
    this.follow("#change").await;
    let text = this.text().await;
    assert!(text.contains("Your password is changed"), "{text}");

    other.goto(&app.url("/password")).await;
    assert_eq!(path(&other).await, "/login?next=/password");
    assert!(other.cookie().await.is_none());
    log_in(&other, "bob", PASSWORD).await;
    let text = other.text().await;
    assert!(text.contains("Wrong name or password."), "{text}");
    log_in(&other, "bob", "battery staple").await;
    assert_eq!(path(&other).await, "/password");
    this.reload().await;
    let text = this.text().await;
    assert!(text.contains("Log out bob"), "{text}");
}

#[tokio::test]
async fn who_lacks_a_permission_sees_nothing_and_stays_logged_in() {
    let app = App::example("accounts");
    let browser = Browser::start().await;
    browser.goto(&app.url("/")).await;
    log_in(&browser, "bob", PASSWORD).await;
    browser.goto(&app.url("/reports")).await;
    assert_eq!(browser.text().await, "You may not do that.");
    browser.back().await;
    browser.follow("#log-out").await;
    let text = browser.text().await;
    assert!(text.contains("You are logged out."), "{text}");
    browser.back().await;
    assert!(!browser.text().await.contains("Log out bob"));
}

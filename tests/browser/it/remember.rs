use tempfile::TempDir;

use super::login::{log_in, submit};
use browser_tests::{App, Browser};

/// Closes the browser, starts it again, and tells what the page of one who is logged in then shows.
async fn page_after_a_restart(browser: Browser, profile: &TempDir, app: &App) -> String {
    browser.quit().await;
    let browser = Browser::start_with_profile(profile.path()).await;
    browser.goto(&app.url("/me")).await;
    browser.text().await
}

#[tokio::test]
async fn a_login_with_remember_me_survives_closing_the_browser() {
    let app = App::example("login");
    let profile = TempDir::new().unwrap();
    let browser = Browser::start_with_profile(profile.path()).await;
    browser.goto(&app.url("/")).await;
    browser.click("[name=remember]").await;
    submit(&browser, "Ada", "sesame").await;
    let text = browser.text().await;
    assert!(text.contains("Hello, Ada"), "{text}");

    let text = page_after_a_restart(browser, &profile, &app).await;
    assert!(text.contains("Hello, Ada"), "{text}");
}

#[tokio::test]
async fn a_login_without_remember_me_ends_when_the_browser_is_closed() {
    let app = App::example("login");
    let profile = TempDir::new().unwrap();
    let browser = Browser::start_with_profile(profile.path()).await;
    log_in(&browser, &app, "Ada").await;
    let text = browser.text().await;
    assert!(text.contains("Hello, Ada"), "{text}");

    let text = page_after_a_restart(browser, &profile, &app).await;
    assert!(!text.contains("Ada"), "{text}");
    assert!(text.contains("Log in"), "{text}");
}

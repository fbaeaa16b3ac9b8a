use browser_tests::{App, Browser};
use tempfile::TempDir;

use super::{PASSWORD, assert_logged_in, assert_logged_out, log_in, sign_up, submit};

#[tokio::test]
async fn remember_me_outlives_the_browser_and_a_log_in_without_it_does_not() {
    let app = App::example("devices");
    let profile = TempDir::new().unwrap();
    let browser = Browser::start_with_profile(profile.path()).await;
    sign_up(&browser, &app, "Ada").await;
    assert_logged_in(&browser, &app).await;
    browser.quit().await;

    let browser = Browser::start_with_profile(profile.path()).await;
    assert_logged_out(&browser, &app).await;
    browser.click("[name=remember]").await;
    submit(&browser, "Ada", PASSWORD).await;
    browser.quit().await;

    let browser = Browser::start_with_profile(profile.path()).await;
    assert_logged_in(&browser, &app).await;
    browser.follow("#log-out").await;
    log_in(&browser, &app, "Ada").await;
    browser.quit().await;

    let browser = Browser::start_with_profile(profile.path()).await;
    assert_logged_out(&browser, &app).await;
}

use browser_tests::{App, Browser};
use serde_json::Value;

use super::{assert_logged_in, assert_logged_out, log_in, sign_up, two_browsers_of_ada};

const END_LINUX: &str = "[aria-label='Log out: Firefox on Linux']";
const END_ANDROID: &str = "[aria-label='Log out: Chrome on Android']";

#[tokio::test]
async fn each_of_two_browsers_is_listed_by_its_name_and_knows_which_it_is() {
    let app = App::example("devices");
    let (linux, android) = two_browsers_of_ada(&app).await;

    let this =
        "//li[@aria-current and contains(., 'Firefox on Linux')][contains(., 'This device')]";
    linux.wait_for(this).await;
    linux
        .wait_for("//li[contains(., 'Chrome on Android')]//button")
        .await;
    let text = linux.text().await;
    assert!(text.contains("logged in at 2 places"), "{text}");
    assert!(
        text.contains("Logged in just now · last seen just now"),
        "{text}"
    );

    android
        .wait_for("//li[@aria-current and contains(., 'Chrome on Android')]")
        .await;
    android
        .wait_for("//li[contains(., 'Firefox on Linux')]//button")
        .await;
}

#[tokio::test]
async fn a_browser_that_another_one_logs_out_is_logged_out_at_its_next_click() {
    let app = App::example("devices");
    let (linux, android) = two_browsers_of_ada(&app).await;

    linux.follow(END_ANDROID).await;
    let text = linux.text().await;
    assert!(text.contains("Chrome on Android is logged out."), "{text}");
    assert!(text.contains("logged in at 1 place."), "{text}");

    android.follow(END_LINUX).await;
    let text = android.text().await;
    assert!(text.contains("Remember me here"), "{text}");
    assert_logged_out(&android, &app).await;
    assert_logged_in(&linux, &app).await;
}

#[tokio::test]
async fn log_out_everywhere_else_spares_this_browser_and_log_out_everywhere_does_not() {
    let app = App::example("devices");
    let (linux, android) = two_browsers_of_ada(&app).await;

    linux.follow("#end-others").await;
    let text = linux.text().await;
    assert!(text.contains("1 other device is logged out."), "{text}");
    assert_logged_out(&android, &app).await;
    assert_logged_in(&linux, &app).await;

    log_in(&android, &app, "Ada").await;
    linux.follow("#end-all").await;
    let text = linux.text().await;
    assert!(text.contains("You are logged out everywhere."), "{text}");
    assert_logged_out(&android, &app).await;
    assert_logged_out(&linux, &app).await;
}

#[tokio::test]
async fn the_id_of_somebody_elses_session_is_refused_and_that_session_lives() {
    let app = App::example("devices");
    let (linux, android) = two_browsers_of_ada(&app).await;
    let id = linux
        .run(&format!(
            "return document.querySelector(\"{END_ANDROID}\").value"
        ))
        .await;
    let Value::String(id) = id else {
        panic!("{id}")
    };
    let mallory = Browser::start().await;
    sign_up(&mallory, &app, "Mallory").await;

    let reply = mallory.post("/devices/end", &[("id", &id)]).await;
    assert!(reply.text.contains("No such device of yours."), "{reply:?}");
    assert_logged_in(&android, &app).await;
    assert_logged_in(&mallory, &app).await;
    // It was the right id: its owner ends the session with it.
    let reply = linux.post("/devices/end", &[("id", &id)]).await;
    assert!(
        reply.text.contains("Chrome on Android is logged out."),
        "{reply:?}"
    );
    assert_logged_out(&android, &app).await;
}

#[tokio::test]
async fn each_page_tells_how_long_sessions_last() {
    let app = App::example("devices");
    let browser = Browser::start().await;
    browser.goto(&app.url("/login")).await;
    browser.click("summary").await;
    let text = browser.text().await;
    assert!(text.contains("Idle timeout: 1d"), "{text}");
}

#[tokio::test]
async fn after_the_log_out_the_back_button_does_not_show_the_list_again() {
    let app = App::example("devices");
    let browser = Browser::start().await;
    sign_up(&browser, &app, "Ada").await;

    browser.follow("#log-out").await;
    let text = browser.text().await;
    assert!(text.contains("You are logged out."), "{text}");
    browser.back().await;
    let text = browser.text().await;
    assert!(!text.contains("Your devices"), "{text}");
    assert!(text.contains("Remember me here"), "{text}");
}

//! The example `devices`.

mod cart;
mod labels;
mod left;
mod list;
mod password;
mod remember;
mod wrong_input;

use browser_tests::{App, Browser, Device};

const PASSWORD: &str = "correct horse";

const LINUX: Device = Device {
    user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"),
    size: None,
    is_dark: false,
    binds_sessions: false,
    trusts: None,
};

const ANDROID: Device = Device {
    user_agent: Some(
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 \
         Mobile Safari/537.36",
    ),
    size: None,
    is_dark: false,
    binds_sessions: false,
    trusts: None,
};

async fn sign_up(browser: &Browser, app: &App, name: &str) {
    browser.goto(&app.url("/signup")).await;
    submit(browser, name, PASSWORD).await;
    let text = browser.text().await;
    assert!(text.contains(&format!("Welcome, {name}.")), "{text}");
}

async fn log_in(browser: &Browser, app: &App, name: &str) {
    browser.goto(&app.url("/login")).await;
    submit(browser, name, PASSWORD).await;
    let text = browser.text().await;
    assert!(text.contains("You are logged in."), "{text}");
}

async fn submit(browser: &Browser, name: &str, password: &str) {
    browser.type_into("[name=name]", name).await;
    browser.type_into("[name=password]", password).await;
    browser.follow("main button").await;
}

/// Ada's two browsers, both logged in; the first is on the list of devices.
async fn two_browsers_of_ada(app: &App) -> (Browser, Browser) {
    let linux = Browser::start_on(&LINUX).await;
    let android = Browser::start_on(&ANDROID).await;
    sign_up(&linux, app, "Ada").await;
    log_in(&android, app, "Ada").await;
    linux.goto(&app.url("/devices")).await;
    (linux, android)
}

async fn assert_logged_in(browser: &Browser, app: &App) {
    browser.goto(&app.url("/devices")).await;
    let text = browser.text().await;
    assert!(text.contains("Your devices"), "{text}");
}

async fn assert_logged_out(browser: &Browser, app: &App) {
    browser.goto(&app.url("/devices")).await;
    let text = browser.text().await;
    assert!(!text.contains("Your devices"), "{text}");
    assert!(text.contains("Remember me here"), "{text}");
}

use browser_tests::{App, Browser};

pub(crate) async fn log_in(browser: &Browser, app: &App, name: &str) {
    browser.goto(&app.url("/")).await;
    submit(browser, name, "sesame").await;
}

/// Fills in the form of the example `login`, and sends it.
pub(crate) async fn submit(browser: &Browser, name: &str, password: &str) {
    browser.type_into("[name=name]", name).await;
    browser.type_into("[name=password]", password).await;
    browser.follow("button").await;
}

#[tokio::test]
async fn who_logs_in_sees_a_page_of_their_own_and_a_message_once() {
    let app = App::example("login");
    let browser = Browser::start().await;

    log_in(&browser, &app, "Ada").await;
    let text = browser.text().await;
    assert!(text.contains("Hello, Ada"), "{text}");
    assert!(text.contains("You are logged in."), "{text}");

    browser.reload().await;
    let text = browser.text().await;
    assert!(text.contains("Hello, Ada"), "{text}");
    assert!(!text.contains("You are logged in."), "{text}");
}

#[tokio::test]
async fn after_the_log_out_neither_the_back_button_nor_a_reload_shows_the_page_again() {
    let app = App::example("login");
    let browser = Browser::start().await;
    log_in(&browser, &app, "Ada").await;
    assert!(browser.text().await.contains("Hello, Ada"));

    browser.follow("button").await;
    let text = browser.text().await;
    assert!(text.contains("You are logged out."), "{text}");

    browser.back().await;
    let text = browser.text().await;
    assert!(!text.contains("Hello, Ada"), "{text}");
    assert!(text.contains("Log in"), "{text}");

    browser.reload().await;
    let text = browser.text().await;
    assert!(!text.contains("Hello, Ada"), "{text}");
    assert!(text.contains("Log in"), "{text}");
}

#[tokio::test]
async fn a_stolen_cookie_opens_the_session_until_the_log_out_and_nothing_after_it() {
    let app = App::example("login");
    let (victim, thief) = (Browser::start().await, Browser::start().await);
    log_in(&victim, &app, "Ada").await;
    let stolen = victim.cookie().await.expect("a cookie");

    thief.goto(&app.url("/")).await;
    thief.plant(stolen.value()).await;
    thief.goto(&app.url("/me")).await;
    let text = thief.text().await;
    assert!(text.contains("Hello, Ada"), "{text}");

    victim.follow("button").await;
    thief.plant(stolen.value()).await;
    thief.goto(&app.url("/me")).await;
    let text = thief.text().await;
    assert!(!text.contains("Ada"), "{text}");
    assert!(text.contains("Log in"), "{text}");
}

#[tokio::test]
async fn a_cookie_from_before_the_login_opens_nothing_after_it() {
    let app = App::example("login");
    let browser = Browser::start().await;
    browser.goto(&app.url("/")).await;
    submit(&browser, "Ada", "wrong").await;
    let text = browser.text().await;
    assert!(text.contains("Wrong name or password."), "{text}");
    let fixed = browser.cookie().await.expect("a cookie");

    log_in(&browser, &app, "Ada").await;
    assert!(browser.text().await.contains("Hello, Ada"));
    browser.plant(fixed.value()).await;
    browser.reload().await;
    let text = browser.text().await;
    assert!(!text.contains("Ada"), "{text}");
    assert!(text.contains("Log in"), "{text}");
}

#[tokio::test]
async fn a_name_that_looks_like_html_is_shown_as_it_was_typed() {
    let app = App::example("login");
    let browser = Browser::start().await;
    let name = "<script>document.title='in'</script>&lt;";

    log_in(&browser, &app, name).await;
    let text = browser.text().await;
    assert!(text.contains(&format!("Hello, {name}")), "{text}");
    assert_eq!(
        browser.run("return document.title").await,
        "Sessions: log in"
    );
}

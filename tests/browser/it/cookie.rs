use browser_tests::{App, Browser};

#[tokio::test]
async fn the_counter_counts_when_its_page_is_reloaded() {
    let app = App::example("counter");
    let browser = Browser::start().await;

    browser.goto(&app.url("/")).await;
    assert_eq!(browser.text().await, "visit 1");
    browser.reload().await;
    assert_eq!(browser.text().await, "visit 2");
}

#[tokio::test]
async fn chromium_keeps_the_default_cookie_with_all_its_attributes_and_until_it_is_closed() {
    let app = App::example("counter");
    let browser = Browser::start().await;

    browser.goto(&app.url("/")).await;
    let cookie = browser.cookie().await.expect("a cookie");
    // A persistent cookie would show its `Expires`; the domain of one that is not host-only would begin with a dot.
    let expected = format!(
        "__Host-Http-id={}; HttpOnly; SameSite=Lax; Secure; Path=/; Domain=localhost",
        cookie.value()
    );
    assert_eq!(cookie.to_string(), expected);
}

#[tokio::test]
async fn a_script_of_the_page_cannot_see_the_cookie() {
    let app = App::example("counter");
    let browser = Browser::start().await;

    browser.goto(&app.url("/")).await;
    assert!(browser.cookie().await.is_some());
    browser.run("document.cookie = 'visible=1'").await;
    assert_eq!(browser.run("return document.cookie").await, "visible=1");
}

#[tokio::test]
async fn a_subdomain_does_not_get_the_cookie() {
    let app = App::example("counter");
    let browser = Browser::start().await;

    browser.goto(&app.url_at("shop.localhost", "/")).await;
    browser.goto(&app.url_at("eu.shop.localhost", "/")).await;
    assert_eq!(browser.text().await, "visit 1");
    browser.goto(&app.url_at("shop.localhost", "/")).await;
    assert_eq!(browser.text().await, "visit 2");
}

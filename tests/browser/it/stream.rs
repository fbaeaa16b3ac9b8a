use browser_tests::{App, Browser};

#[tokio::test]
async fn a_stream_counts_and_comes_to_its_end_when_another_tab_ends_the_session() {
    let app = App::example("sse");
    let browser = Browser::start().await;
    browser.goto(&app.url("/")).await;
    browser.wait_for("//output[number(.) > 1]").await;
    browser.wait_for("//span[number(.) > 1]").await;
    // What the page's own stream hides, this one tells: an end that is not clean is an error.
    browser
        .run("window.events = fetch('/events').then(reply => reply.text())")
        .await;

    let first_tab = browser.open_tab().await;
    browser.goto(&app.url("/")).await;
    browser.follow("button").await;
    assert_eq!(browser.text().await, "The session has ended.");

    browser.switch_to(first_tab).await;
    let events = browser.run("return window.events").await;
    assert!(events.is_string(), "{events}");
    browser.wait_for("//output[contains(., 'ended')]").await;
    browser.wait_for("//span[contains(., 'ended')]").await;
}

use crate::support::{App, Browser};

#[tokio::test]
async fn a_stream_counts_until_another_tab_ends_the_session() {
    let app = App::example("sse");
    let browser = Browser::start().await;
    browser.goto(&app.url("/")).await;
    browser.wait_for("//output[number(.) > 1]").await;

    let first_tab = browser.open_tab().await;
    browser.goto(&app.url("/")).await;
    browser.follow("button").await;
    assert_eq!(browser.text().await, "The session has ended.");

    browser.switch_to(first_tab).await;
    browser.wait_for("//output[contains(., 'ended')]").await;
}

use browser_tests::{App, Browser};

/// The guide's own code.
#[path = "../../../src/guide/last_visit.rs"]
mod example;

#[tokio::test]
async fn the_first_example_of_the_guide_tells_when_the_visitor_came_last() {
    let app = App::serve(example::app()).await;
    let browser = Browser::start().await;
    browser.goto(&app.url("/")).await;
    assert_eq!(browser.text().await, "This is your first visit.");

    let mut visits = Vec::new();
    for _ in 0..3 {
        browser.reload().await;
        let text = browser.text().await;
        let then = text.strip_prefix("Your last visit was at 2");
        visits.push(then.expect(&text).to_owned());
    }
    assert!(visits.is_sorted(), "{visits:?}");
    visits.dedup();
    assert_eq!(visits.len(), 3, "{visits:?}");
}

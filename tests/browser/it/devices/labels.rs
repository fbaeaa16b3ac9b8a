use browser_tests::{App, Browser, Device};

use super::{ANDROID, log_in, sign_up};

const MARKUP: &str = "<script>document.title='in'</script><b>&lt;";

#[tokio::test]
async fn a_label_with_markup_is_shown_as_it_was_typed_in_the_list_and_in_the_form() {
    let app = App::example("devices");
    let (browser, other) = (Browser::start().await, Browser::start_on(&ANDROID).await);
    sign_up(&browser, &app, "Ada").await;
    browser
        .run("document.querySelector('[name=label]').value = ''")
        .await;
    browser.type_into("[name=label]", MARKUP).await;
    browser.follow(".rename button").await;

    let text = browser.text().await;
    assert!(text.contains("This device has a new name."), "{text}");
    log_in(&other, &app, "Ada").await;
    for browser in [&browser, &other] {
        let text = browser.text().await;
        assert!(text.contains(MARKUP), "{text}");
        let title = browser.run("return document.title").await;
        assert_eq!(title, "Your devices · Orchard");
    }
    let shown = browser
        .run("return document.querySelector('[name=label]').value")
        .await;
    assert_eq!(shown, MARKUP);
}

#[tokio::test]
async fn a_browser_that_calls_itself_markup_is_listed_by_that_text() {
    let app = App::example("devices");
    let device = Device {
        user_agent: Some(MARKUP),
        ..Device::default()
    };
    let browser = Browser::start_on(&device).await;
    sign_up(&browser, &app, "<i>Ada</i>").await;

    let text = browser.text().await;
    assert!(text.contains(MARKUP), "{text}");
    assert!(text.contains("<i>Ada</i>"), "{text}");
    assert_eq!(
        browser.run("return document.title").await,
        "Your devices · Orchard"
    );
}

use browser_tests::{App, Browser};

use super::{PASSWORD, assert_logged_in, sign_up};

#[tokio::test]
async fn wrong_input_is_answered_with_what_is_wrong_and_the_site_goes_on() {
    let app = App::example("devices");
    let browser = Browser::start().await;
    browser.goto(&app.url("/signup")).await;
    let long = "x".repeat(100_000);
    let name_rule = "A name has 1 to 40 characters.";
    let password_rule = "A password has 8 to 200 characters.";

    for (path, name, password, answer) in [
        ("/signup", "", PASSWORD, name_rule),
        ("/signup", " \t ", PASSWORD, name_rule),
        ("/signup", &long, PASSWORD, name_rule),
        ("/signup", "A\u{0}da", PASSWORD, name_rule),
        ("/signup", "Ada", "", password_rule),
        ("/signup", "Ada", &long, password_rule),
        ("/login", "", "", "Wrong name or password."),
        ("/login", &long, PASSWORD, "Wrong name or password."),
        ("/login", "Ada", &long, "Wrong name or password."),
    ] {
        let form = [("name", name), ("password", password)];
        let reply = browser.post(path, &form).await;
        assert_eq!(
            reply.status,
            200,
            "{path} {} {}",
            name.len(),
            password.len()
        );
        assert!(
            reply.text.contains(answer),
            "{path} {} {}",
            name.len(),
            password.len()
        );
    }

    sign_up(&browser, &app, "Ada").await;
    let taken = [("name", "Ada"), ("password", PASSWORD)];
    let reply = browser.post("/signup", &taken).await;
    assert!(reply.text.contains("That name is taken."), "{reply:?}");
    for label in ["", &long] {
        let reply = browser.post("/devices/rename", &[("label", label)]).await;
        assert!(
            reply.text.contains("A name has 1 to 60 characters."),
            "{reply:?}"
        );
    }
    // What no form of the site sends is refused as such.
    for (path, form, status) in [
        ("/devices/end", &[("id", "not an id")][..], 422),
        ("/devices/end", &[("id", &long)], 422),
        ("/devices/end", &[], 422),
        ("/cart", &[("fruit", "melon")], 422),
        ("/login", &[], 422),
    ] {
        assert_eq!(browser.post(path, form).await.status, status, "{path}");
    }
    for path in [
        "/signup",
        "/login",
        "/cart",
        "/devices/end",
        "/confirm",
        "/password",
    ] {
        let script =
            format!("return fetch('{path}', {{ method: 'POST' }}).then(reply => reply.status)");
        assert_eq!(browser.run(&script).await, 415, "{path}");
    }
    assert_logged_in(&browser, &app).await;
}

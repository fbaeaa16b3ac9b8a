use std::array::from_fn;

use axum::Router;
use axum::http::StatusCode;
use axum_bare_session::MemorySessionStorage;

use super::browser::Browser;

const PASSWORD: &str = "correct+horse";

async fn logged_in(app: &Router, password: &str) -> Browser {
    let mut browser = Browser::new(app);
    let form = format!("name=ada&password={password}");
    let location = browser.post("/login", &form).await.location;
    assert_eq!(location, "/devices");
    browser
}

#[tokio::test]
async fn a_log_in_beside_a_change_of_the_password_opens_nothing_by_the_old_one() {
    let app = super::app(MemorySessionStorage::new().into());
    let mut this = Browser::new(&app);
    let form = format!("name=ada&password={PASSWORD}");
    this.post("/signup", &form).await;
    let mut before = logged_in(&app, PASSWORD).await;

    // Most wait for their turn to hash while the password is changed, with the hash of the old one in hand.
    let change = tokio::spawn(async move {
        let reply = this.post("/password", "password=battery+staple").await;
        (this, reply)
    });
    let log_ins: [_; 20] = from_fn(|_| {
        let (mut browser, form) = (Browser::new(&app), form.clone());
        tokio::spawn(async move {
            let location = browser.post("/login", &form).await.location;
            (browser, location)
        })
    });
    let (mut this, changed) = change.await.unwrap();
    assert_eq!(changed.location, "/devices");
    assert!(changed.set_cookie.starts_with("__Host-Http-id="));

    let mut admitted = 0;
    for log_in in log_ins {
        let (mut browser, location) = log_in.await.unwrap();
        admitted += u32::from(location == "/devices");
        assert_eq!(browser.get("/devices").await.location, "/login");
    }
    assert!(admitted > 0, "none was under way");
    assert_eq!(before.get("/devices").await.location, "/login");
    let mut after = logged_in(&app, "battery+staple").await;
    for browser in [&mut this, &mut after] {
        let devices = browser.get("/devices").await;
        assert_eq!(devices.status, StatusCode::OK);
        assert!(devices.body.contains("logged in at 2 places"));
    }
}

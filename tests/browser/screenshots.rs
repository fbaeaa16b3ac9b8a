//! Takes the pictures of the example `devices`: `cargo run --package browser-tests --bin screenshots`.

use std::path::Path;

use browser_tests::{App, Browser, Device};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/devices");

const DESKTOP: Device = Device {
    user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"),
    size: Some((1280, 800)),
    is_dark: false,
    binds_sessions: false,
    trusts: None,
};

const PHONE: Device = Device {
    user_agent: Some(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
         Version/26.0 Mobile/15E148 Safari/604.1",
    ),
    size: Some((390, 844)),
    is_dark: true,
    binds_sessions: false,
    trusts: None,
};

const TABLET: Device = Device {
    user_agent: Some(
        "Mozilla/5.0 (Linux; Android 15; SM-X910) AppleWebKit/537.36 (KHTML, like Gecko) \
         Chrome/142.0.0.0 Safari/537.36",
    ),
    size: Some((1280, 800)),
    is_dark: false,
    binds_sessions: false,
    trusts: None,
};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let directory = std::env::args().nth(1);
    let directory = directory.unwrap_or_else(|| DIRECTORY.to_owned());
    let directory = Path::new(&directory);
    let app = App::example("devices");
    let desktop = Browser::start_on(&DESKTOP).await;
    let phone = Browser::start_on(&PHONE).await;
    let tablet = Browser::start_on(&TABLET).await;
    for (browser, path) in [
        (&desktop, "/signup"),
        (&tablet, "/login"),
        (&phone, "/login"),
    ] {
        browser.goto(&app.url(path)).await;
        browser.type_into("[name=name]", "Ada").await;
        browser.type_into("[name=password]", "correct horse").await;
        browser.follow("main button").await;
    }
    let label = [("label", "Ada's tablet <3")];
    assert_eq!(tablet.post("/devices/rename", &label).await.status, 200);
    // Once more, without the greeting.
    desktop.goto(&app.url("/devices")).await;
    phone.goto(&app.url("/devices")).await;
    std::fs::write(directory.join("desktop.png"), desktop.screenshot().await)?;
    std::fs::write(directory.join("phone.png"), phone.screenshot().await)?;
    if directory != Path::new(DIRECTORY) {
        // The other pages, to look at.
        for (name, browser) in [("desktop", &desktop), ("phone", &phone)] {
            for page in ["", "password", "confirm"] {
                browser.goto(&app.url(&format!("/{page}"))).await;
                let file = format!("{name}_{page}.png");
                std::fs::write(directory.join(file), browser.screenshot().await)?;
            }
            browser.goto(&app.url("/")).await;
            browser.follow("#log-out").await;
            for page in ["", "login", "signup"] {
                browser.goto(&app.url(&format!("/{page}"))).await;
                let file = format!("{name}_out_{page}.png");
                std::fs::write(directory.join(file), browser.screenshot().await)?;
            }
        }
    }
    Ok(())
}

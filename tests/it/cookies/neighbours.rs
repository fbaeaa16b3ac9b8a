use axum_bare_session::{DefaultScope, Sessions, add_session_middleware};

use super::{NAME, house, live, read};
use crate::support::{Browser, Spy, visitor_routes};

#[tokio::test]
async fn foreign_cookies_of_any_bytes_hide_nothing() {
    let (browser, _) = house();
    let ours = format!("{NAME}={}", live(&browser, 7).await);
    let neighbours: [&[u8]; 14] = [
        b"a=b",
        b"a=\xe9",
        b"\xe9=a",
        b"a=\xff\xfe\x80",
        b"a",
        b"=",
        b"=a",
        b"a==b=c",
        b"a=\"b",
        b"a=\"b; c\"",
        b"a=%ZZ",
        b"a={\"json\": [1, 2]}",
        b"",
        b"__Host-Http-id2=a",
    ];
    for neighbour in neighbours {
        for line in [
            [neighbour, b"; ", ours.as_bytes()].concat(),
            [ours.as_bytes(), b"; ", neighbour].concat(),
            [neighbour, b"; ", ours.as_bytes(), b"; ", neighbour].concat(),
        ] {
            let shown = String::from_utf8_lossy(&line).into_owned();
            assert_eq!(read(&browser, &[line]).await.body, "7", "{shown}");
        }
    }
}

#[tokio::test]
async fn our_cookie_is_found_on_any_cookie_line() {
    let (browser, _) = house();
    let ours = format!("{NAME}={}", live(&browser, 7).await);
    let foreign = "a=\u{e9}".to_owned();
    let other = "b=c".to_owned();
    for lines in [
        [&ours, &foreign, &other],
        [&foreign, &ours, &other],
        [&foreign, &other, &ours],
    ] {
        let lines = lines.map(String::as_bytes);
        assert_eq!(read(&browser, &lines).await.body, "7");
    }
}

#[tokio::test]
async fn space_and_tab_are_trimmed_and_none_is_needed_after_a_semicolon() {
    let (browser, _) = house();
    let value = live(&browser, 7).await;
    for line in [
        format!("a=b;{NAME}={value}"),
        format!("a=b;{NAME}={value};c=d"),
        format!("a=b;   {NAME}={value}"),
        format!("a=b;\t{NAME}={value}\t; c=d"),
        format!("{NAME} = {value}"),
        format!("{NAME}\t=\t{value} "),
        format!(" \t {NAME}={value}"),
        format!("{NAME}={value};"),
        format!(";;{NAME}={value};;"),
    ] {
        assert_eq!(read(&browser, &[&line]).await.body, "7", "{line:?}");
    }
}

#[tokio::test]
async fn a_hundred_neighbours_hide_nothing() {
    let (browser, _) = house();
    let ours = format!("{NAME}={}", live(&browser, 7).await);
    let many: Vec<_> = (0..100)
        .map(|n| format!("n{n}={}", "x".repeat(40)))
        .collect();
    let line = format!("{}; {ours}", many.join("; "));
    assert_eq!(read(&browser, &[line]).await.body, "7");
}

#[tokio::test]
async fn a_malformed_cookie_of_our_name_hides_no_live_one() {
    let (browser, storage) = house();
    let live = live(&browser, 7).await;
    storage.take_calls();
    let many = format!("{NAME}=; ").repeat(20);
    for line in [
        format!("{NAME}=bad; {NAME}={live}"),
        format!("{NAME}={live}; {NAME}=bad"),
        format!("{many}{NAME}={live}"),
    ] {
        assert_eq!(read(&browser, &[line]).await.body, "7");
        assert_eq!(storage.take_calls().load, 1);
    }
}

#[tokio::test]
async fn only_the_configured_name_is_read() {
    let storage = Spy::new();
    let sessions = Sessions::builder(storage.clone()).cookie_name("sid");
    let routes = visitor_routes::<DefaultScope>();
    let app = add_session_middleware(routes, sessions.build().unwrap());
    let mut browser = Browser::new(app);
    browser.get("/count").await;
    let value = browser.cookies["sid"].clone();
    for (line, body) in [
        (format!("sid={value}"), "1"),
        (format!("__Host-Http-id={value}"), "none"),
        (format!("SID={value}"), "none"),
        (format!("id={value}"), "none"),
    ] {
        assert_eq!(read(&browser, &[&line]).await.body, body, "{line}");
    }
}

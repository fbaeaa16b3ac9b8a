//! The life of a bound session, from its log-in to its end.

use axum_bare_session::{Duration, SessionEventKind};
use browser_tests::{Browser, Device};

use super::shop::{BOUND, PASSWORD, Shop, refreshed};

#[tokio::test]
async fn a_browser_with_a_key_is_bound_by_its_log_in_and_stays_logged_in_through_refreshes() {
    let shop = Shop::open().await;
    let browser = shop.ada("/signup").await;
    assert_eq!(shop.answers(), [("/device-bound/register".to_owned(), 200)]);
    let cookies = browser.cookies().await;
    assert!(
        cookies.iter().any(|cookie| cookie.name() == BOUND),
        "{cookies:?}"
    );
    assert!(shop.is_logged_in(&browser).await);
    assert!(browser.text().await.contains("bound to its device"));
    assert_eq!(shop.answers(), []);

    // As at its end.
    browser.delete_cookie(BOUND).await;
    assert!(shop.is_logged_in(&browser).await);
    let answers = shop.answers();
    assert!(refreshed(&answers) > 0, "{answers:?}");

    browser.delete_cookie(BOUND).await;
    let fetched = browser
        .run(
            "return Promise.all(Array.from({ length: 8 }, async () =>
                (await fetch('/devices', { redirect: 'manual' })).status))",
        )
        .await;
    assert_eq!(
        fetched,
        serde_json::json!([200, 200, 200, 200, 200, 200, 200, 200])
    );
    let answers = shop.answers();
    assert!(refreshed(&answers) > 0, "{answers:?}");

    // The challenge that the browser has is stale by then.
    shop.pass(Duration::HOUR);
    browser.delete_cookie(BOUND).await;
    assert!(shop.is_logged_in(&browser).await);
    let answers = shop.answers();
    assert!(
        answers.contains(&("/device-bound/refresh".to_owned(), 403)),
        "{answers:?}"
    );
    assert!(refreshed(&answers) > 0, "{answers:?}");
    assert_eq!(shop.told(SessionEventKind::DeviceNotProven), 0);
}

#[tokio::test]
async fn cookies_that_were_copied_open_nothing_after_ten_minutes_and_ring_the_bell_after_two_hours()
{
    let shop = Shop::open().await;
    let (browser, thief) = (shop.ada("/signup").await, shop.browser().await);
    let stolen = browser.cookies().await;
    assert!(stolen.len() >= 2, "{stolen:?}");
    thief.plant_all(&stolen).await;
    assert!(shop.is_logged_in(&thief).await);
    assert_eq!(shop.told(SessionEventKind::SuspectedTheft), 0);

    shop.pass(Duration::minutes(10));
    assert!(!shop.is_logged_in(&thief).await);
    assert!(shop.told(SessionEventKind::DeviceNotProven) > 0);
    assert_eq!(shop.told(SessionEventKind::SuspectedTheft), 0);
    shop.pass(Duration::hours(2));
    // The refusal has taken it away.
    thief.plant_all(&stolen).await;
    assert!(!shop.is_logged_in(&thief).await);
    assert!(shop.told(SessionEventKind::SuspectedTheft) > 0);
    thief.delete_cookie(BOUND).await;
    assert!(!shop.is_logged_in(&thief).await);
    browser.delete_cookie(BOUND).await;
    assert!(shop.is_logged_in(&browser).await);
}

#[tokio::test]
async fn a_log_out_ends_both_and_another_log_in_binds_anew() {
    let shop = Shop::open().await;
    let browser = shop.ada("/signup").await;
    let stolen = browser.cookies().await;
    browser.goto(&shop.app.url("/devices")).await;
    let reply = browser.post("/logout", &[]).await;
    assert_eq!(reply.status, 200);
    assert!(!shop.is_logged_in(&browser).await);
    let thief = shop.browser().await;
    thief.plant_all(&stolen).await;
    assert!(!shop.is_logged_in(&thief).await);
    shop.answers();

    browser.goto(&shop.app.url("/login")).await;
    browser.type_into("[name=name]", "Ada").await;
    browser.type_into("[name=password]", PASSWORD).await;
    browser.follow("main button").await;
    shop.wait_for_bound(2).await;
    shop.pass(Duration::MINUTE);
    browser.delete_cookie(BOUND).await;
    assert!(shop.is_logged_in(&browser).await);
}

#[tokio::test]
async fn a_session_that_another_browser_ends_is_refreshed_no_more() {
    let shop = Shop::open().await;
    let lost = shop.ada("/signup").await;
    let other = shop.ada("/login").await;
    other.goto(&shop.app.url("/devices")).await;
    other.follow("#end-others").await;
    shop.answers();
    lost.delete_cookie(BOUND).await;
    assert!(!shop.is_logged_in(&lost).await);
    let answers = shop.answers();
    assert!(
        answers.iter().all(|(_, status)| *status == 401),
        "{answers:?}"
    );
    other.delete_cookie(BOUND).await;
    assert!(shop.is_logged_in(&other).await);
}

#[tokio::test]
async fn a_browser_without_keys_goes_on_as_before() {
    let shop = Shop::open().await;
    let bound = shop.ada("/signup").await;
    // It trusts the certificate, and knows nothing of keys.
    let plain = Device {
        trusts: Some(shop.fingerprint.clone()),
        ..Device::default()
    };
    let plain = Browser::start_on(&plain).await;
    plain.goto(&shop.app.url("/login")).await;
    plain.type_into("[name=name]", "Ada").await;
    plain.type_into("[name=password]", PASSWORD).await;
    plain.follow("main button").await;
    shop.pass(Duration::HOUR);
    assert!(shop.is_logged_in(&plain).await);
    assert_eq!(shop.told(SessionEventKind::Bound), 1);
    bound.delete_cookie(BOUND).await;
    assert!(shop.is_logged_in(&bound).await);
}

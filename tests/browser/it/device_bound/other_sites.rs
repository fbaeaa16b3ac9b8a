//! What other sites lead to, for which a browser proves nothing.

use axum::Router;
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::get;
use axum_bare_session::{
    Duration, SessionData, SessionError, SessionEventKind, add_session_middleware,
};
use browser_tests::App;

use super::shop::{BOUND, Shop, refreshed};

#[tokio::test]
async fn who_follows_a_link_from_another_site_is_logged_in_after_a_pause() {
    let shop = Shop::open().await;
    let browser = shop.ada("/signup").await;
    shop.answers();
    browser.delete_cookie(BOUND).await;
    let page = format!(r#"<a href="{}">shop</a>"#, shop.app.url("/devices"));
    let link = Router::new().route("/", get(async move || Html(page)));
    let elsewhere = App::serve(link).await;
    browser.goto(&elsewhere.url_at("127.0.0.1", "/")).await;
    browser.follow("a").await;
    // It proves nothing for another site, and is asked once more for itself.
    browser.wait_for("//h1[contains(., 'Your devices')]").await;
    assert!(refreshed(&shop.answers()) > 0);
}

/// For a log-in to which another site leads, the browser registers without the session's cookie, which `SameSite` keeps
/// back.
#[tokio::test]
async fn a_log_in_that_another_site_leads_to_is_bound_if_the_page_asks_for_itself_first() {
    let plain = async |session: SessionData| {
        session.log_in("ada")?;
        Ok::<_, SessionError>(Redirect::to("/owner"))
    };
    let asking = async |session: SessionData, headers: HeaderMap| {
        if headers
            .get("sec-fetch-site")
            .is_some_and(|site| site == "cross-site")
        {
            return Ok(([("refresh", "0")], "one moment").into_response());
        }
        session.log_in("ada")?;
        Ok::<_, SessionError>(Redirect::to("/owner").into_response())
    };
    let owner =
        async |session: SessionData| format!("<h1>{}</h1>", session.owner().unwrap_or_default());
    let owner = async move |session: SessionData| Html(owner(session).await);
    let routes = Router::new()
        .route("/plain", get(plain))
        .route("/asking", get(asking))
        .route("/owner", get(owner));
    let shop = Shop::serving(|sessions| add_session_middleware(routes, sessions)).await;
    for (path, bound) in [("/plain", 0), ("/asking", 1)] {
        let browser = shop.browser().await;
        // A provider of single sign-on.
        let page = format!(r#"<a href="{}">back</a>"#, shop.app.url(path));
        let link = Router::new().route("/", get(async move || Html(page)));
        let elsewhere = App::serve(link).await;
        browser.goto(&elsewhere.url_at("127.0.0.1", "/")).await;
        browser.follow("a").await;
        browser.wait_for("//h1[contains(., 'ada')]").await;
        shop.wait_for_answer().await;
        assert_eq!(shop.told(SessionEventKind::Bound), bound, "{path}");
        shop.pass(Duration::MINUTE);
        browser.delete_cookie(BOUND).await;
        browser.goto(&shop.app.url("/owner")).await;
        assert_eq!(browser.text().await, "ada");
    }
}

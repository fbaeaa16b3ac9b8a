use axum::Router;
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use axum_bare_session::{
    MemorySessionStorage, SameSite, SessionData, SessionError, Sessions, add_session_middleware,
};
use browser_tests::{App, Browser};
use tower_http::csrf::CsrfLayer;

async fn page(session: SessionData) -> Result<String, SessionError> {
    let visits = session.update("visits", |visits: Option<u64>| visits.unwrap_or(0) + 1)?;
    Ok(format!("visit {visits}"))
}

async fn clear(session: SessionData) -> String {
    let had_any = session.remove("visits");
    format!("cleared: {had_any}")
}

fn shop(same_site: SameSite) -> Router {
    let sessions = Sessions::builder(MemorySessionStorage::new()).same_site(same_site);
    let app = Router::new()
        .route("/", get(page).post(page))
        .route("/clear", post(clear));
    add_session_middleware(app, sessions.build().unwrap())
}

/// A page with a form that another site would send itself, without a click.
async fn attacker(target: String) -> App {
    let page =
        format!(r#"<form method="post" action="{target}"><button>You have won</button></form>"#);
    App::serve(Router::new().route("/", get(async move || Html(page)))).await
}

#[tokio::test]
async fn a_form_of_another_site_comes_without_the_lax_cookie() {
    let app = App::serve(shop(SameSite::Lax)).await;
    let browser = Browser::start().await;
    browser.goto(&app.url("/")).await;

    let attacker = attacker(app.url("/clear")).await;
    browser.goto(&attacker.url_at("evil.localhost", "/")).await;
    browser.follow("button").await;
    assert_eq!(browser.text().await, "cleared: false");
    browser.goto(&app.url("/")).await;
    assert_eq!(browser.text().await, "visit 2");
}

#[tokio::test]
async fn the_cookie_that_another_sites_form_is_answered_with_is_kept_so_that_it_can_log_a_visitor_in()
 {
    let app = App::serve(shop(SameSite::Lax)).await;
    let browser = Browser::start().await;
    let attacker = attacker(app.url("/")).await;
    browser.goto(&attacker.url_at("evil.localhost", "/")).await;
    browser.follow("button").await;
    assert_eq!(browser.text().await, "visit 1");
    browser.goto(&app.url("/")).await;
    assert_eq!(browser.text().await, "visit 2");
}

#[tokio::test]
async fn a_form_of_a_sister_domain_brings_even_the_strict_cookie_and_the_csrf_layer_refuses_it() {
    let browser = Browser::start().await;
    let (open, guarded) = (
        App::serve(shop(SameSite::Strict)).await,
        App::serve(shop(SameSite::Strict).layer(CsrfLayer::new())).await,
    );
    for (app, outcome, next) in [
        (&open, "cleared: true", "visit 1"),
        (&guarded, "", "visit 2"),
    ] {
        let shop = app.url_at("www.shop.localhost", "/");
        browser.goto(&shop).await;
        assert_eq!(browser.text().await, "visit 1");
        let attacker = attacker(format!("{shop}clear")).await;
        browser
            .goto(&attacker.url_at("blog.shop.localhost", "/"))
            .await;
        browser.follow("button").await;
        // For an empty 403 Chromium shows a page of its own.
        if !outcome.is_empty() {
            assert_eq!(browser.text().await, outcome);
        }
        browser.goto(&shop).await;
        assert_eq!(browser.text().await, next);
    }
}

/// A provider of log-ins: whoever agrees there is sent back.
async fn provider(back: String) -> App {
    let page = r#"<form method="post"><button>Agree</button></form>"#;
    let agreed = async move || Redirect::to(&back);
    App::serve(Router::new().route("/", get(async move || Html(page)).post(agreed))).await
}

#[tokio::test]
async fn the_way_back_from_another_site_brings_the_lax_cookie_and_not_the_strict_one() {
    for (same_site, text) in [(SameSite::Lax, "visit 2"), (SameSite::Strict, "visit 1")] {
        let app = App::serve(shop(same_site)).await;
        let browser = Browser::start().await;
        browser.goto(&app.url("/")).await;

        let provider = provider(app.url("/")).await;
        browser.goto(&provider.url_at("login.localhost", "/")).await;
        browser.follow("button").await;
        assert_eq!(browser.text().await, text, "{same_site}");
    }
}

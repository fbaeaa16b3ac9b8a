//! A provider of log-ins that answers by a form, as the guide's page on OAuth has it.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use axum::{Form, Router};
use axum_bare_session::{
    Duration, MemorySessionStorage, SameSite, SessionData, SessionError, Sessions,
    add_session_middleware,
};
use browser_tests::{App, Browser};
use tower_http::csrf::CsrfLayer;

/// The scope of round trips, whose cookie comes with another site's form.
struct RoundTrip;

type Parameters = BTreeMap<String, String>;
type Answer = axum::response::Result<Redirect>;

async fn home(session: SessionData) -> Result<String, SessionError> {
    let cart: Vec<String> = session.get("cart")?.unwrap_or_default();
    let owner = session.owner().unwrap_or_else(|| "nobody".to_owned());
    Ok(format!("{owner} has {cart:?}"))
}

async fn add(session: SessionData) -> Result<Redirect, SessionError> {
    session.modify("cart", |cart: &mut Vec<String>| {
        cart.push("apple".to_owned())
    })?;
    Ok(Redirect::to("/"))
}

/// Sends the visitor to the provider, who is to answer to `path`.
async fn leave(trip: SessionData<RoundTrip>, provider: String, path: &str) -> Answer {
    trip.insert("state", "s7")?;
    Ok(Redirect::to(&format!("{provider}?path={path}&state=s7")))
}

/// The owner, where the answer is one to a question that this browser asked.
#[expect(
    clippy::result_large_err,
    reason = "axum's own error, as its handlers return it"
)]
fn answered(trip: &SessionData<RoundTrip>, form: &Parameters) -> axum::response::Result<String> {
    let state = trip.take::<String>("state")?;
    match form.get("state") {
        Some(answered) if Some(answered) == state.as_ref() => Ok("provider:7".to_owned()),
        _ => Err(axum::http::StatusCode::BAD_REQUEST.into()),
    }
}

/// Notes who it is, and has the browser come again by a link of this site's own.
async fn come_back(trip: SessionData<RoundTrip>, Form(form): Form<Parameters>) -> Answer {
    let owner = answered(&trip, &form)?;
    trip.insert("owner", owner)?;
    Ok(Redirect::to("/login/done"))
}

async fn done(trip: SessionData<RoundTrip>, session: SessionData) -> Answer {
    if let Some(owner) = trip.take::<String>("owner")? {
        session.log_in(owner)?;
    }
    Ok(Redirect::to("/"))
}

/// What the guide warns of.
async fn come_back_and_log_in(
    trip: SessionData<RoundTrip>,
    session: SessionData,
    Form(form): Form<Parameters>,
) -> Answer {
    session.log_in(answered(&trip, &form)?)?;
    Ok(Redirect::to("/"))
}

async fn shop(provider: String) -> App {
    let trusted = provider.trim_end_matches('/').to_owned();
    let trips = Sessions::builder(MemorySessionStorage::new())
        .scope::<RoundTrip>()
        .cookie_name("__Host-Http-trip")
        .same_site(SameSite::None)
        .absolute_timeout(Duration::minutes(10))
        .build()
        .unwrap();
    let to = |path: &'static str| {
        let leave = async move |State(provider): State<String>, trip: SessionData<RoundTrip>| {
            leave(trip, provider, path).await
        };
        get(leave)
    };
    let app = Router::new()
        .route("/", get(home))
        .route("/add", get(add))
        .route("/login", to("/login/callback"))
        .route("/login/callback", post(come_back))
        .route("/login/done", get(done))
        .route("/login/direct", to("/login/direct/callback"))
        .route("/login/direct/callback", post(come_back_and_log_in))
        .with_state(provider);
    let app = add_session_middleware(app, MemorySessionStorage::new());
    let app = add_session_middleware(app, trips);
    let csrf = CsrfLayer::new().add_trusted_origin(trusted).unwrap();
    App::serve(app.layer(csrf)).await
}

/// Shows a form that answers to the shop of the port in the path.
async fn provider() -> App {
    let page = async |Query(query): Query<Parameters>| {
        let (path, state) = (&query["path"], &query["state"]);
        Html(format!(
            r#"<form method="post" id="answer"><input type="hidden" name="state" value="{state}">
            <button>Agree</button></form>
            <script>answer.action = document.referrer.replace(/\/$/, '') + '{path}'</script>"#
        ))
    };
    App::serve(Router::new().route("/", get(page))).await
}

#[tokio::test]
async fn a_log_in_that_is_answered_by_a_form_keeps_the_cart_where_the_callback_does_not_log_in() {
    let provider = provider().await;
    let provider = provider.url_at("login.localhost", "/");
    for (path, text) in [
        ("/login", r#"provider:7 has ["apple"]"#),
        ("/login/direct", "provider:7 has []"),
    ] {
        let app = shop(provider.clone()).await;
        let browser = Browser::start().await;
        browser.goto(&app.url("/add")).await;
        assert_eq!(browser.text().await, r#"nobody has ["apple"]"#);
        // By a link, so that the provider knows where it came from.
        browser
            .run(&format!(
                "document.body.innerHTML = '<a href=\"{path}\">Log in</a>'"
            ))
            .await;
        browser.follow("a").await;
        browser.follow("button").await;
        assert_eq!(browser.text().await, text, "{path}");
        browser.goto(&app.url("/")).await;
        assert_eq!(browser.text().await, text, "{path}");
    }
}

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum_bare_session::{Duration, MemorySessionStorage, OffsetDateTime, Sessions};
use browser_tests::App;

use super::{PASSWORD, assert_logged_in, assert_logged_out, submit, two_browsers_of_ada};
use crate::devices_example;

const NEW_PASSWORD: &str = "battery staple";

/// Serves the example with a clock that is ahead by as many seconds as the number says.
async fn with_a_clock() -> (App, Arc<AtomicI64>) {
    let ahead = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&ahead);
    let now = move || OffsetDateTime::now_utc() + Duration::seconds(clock.load(Ordering::SeqCst));
    let sessions = Sessions::builder(MemorySessionStorage::new()).clock(now);
    let app = devices_example::app(sessions.build().unwrap());
    (App::serve(app).await, ahead)
}

#[tokio::test]
async fn five_minutes_after_the_log_in_the_password_is_asked_for_again_before_it_is_changed() {
    let (app, ahead) = with_a_clock().await;
    let (linux, android) = two_browsers_of_ada(&app).await;
    let title = "return document.querySelector('h1').textContent";
    linux.goto(&app.url("/password")).await;
    assert_eq!(linux.run(title).await, "Change your password");

    ahead.store(301, Ordering::SeqCst);
    // The page was opened in time, and is sent too late.
    linux.type_into("[name=password]", NEW_PASSWORD).await;
    linux.follow("main button").await;
    assert_eq!(linux.run(title).await, "Confirm it is you");
    linux.type_into("[name=password]", "wrong horse").await;
    linux.follow("main button").await;
    assert!(linux.text().await.contains("Wrong password."));
    linux.goto(&app.url("/password")).await;
    assert_eq!(linux.run(title).await, "Confirm it is you");

    linux.type_into("[name=password]", PASSWORD).await;
    linux.follow("main button").await;
    assert_eq!(linux.run(title).await, "Change your password");
    let before = linux.cookie().await.expect("a cookie");
    linux.type_into("[name=password]", NEW_PASSWORD).await;
    linux.follow("main button").await;
    let text = linux.text().await;
    assert!(text.contains("Your password is changed"), "{text}");
    assert!(text.contains("logged in at 1 place."), "{text}");
    let after = linux.cookie().await.expect("a cookie");
    assert_ne!(before.value(), after.value());

    assert_logged_out(&android, &app).await;
    submit(&android, "Ada", PASSWORD).await;
    assert!(android.text().await.contains("Wrong name or password."));
    submit(&android, "Ada", NEW_PASSWORD).await;
    assert_logged_in(&android, &app).await;
    assert_logged_in(&linux, &app).await;
}

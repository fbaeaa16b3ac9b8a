//! What a response tells whoever has to mend the application, and nobody else.

use axum::http::StatusCode;
use axum_bare_session::DefaultScope;
use tracing::subscriber::NoSubscriber;

use crate::support::{Call, Fault, Log, Setup, visitor_routes};

const NOT_MIGRATED: &str =
    "the session storage has no table: call its `migrate` before the application serves";

fn setup() -> Setup {
    Setup::serving(visitor_routes::<DefaultScope>())
}

#[tokio::test]
async fn a_storage_that_was_not_migrated_is_a_500_whose_body_and_log_name_the_call() {
    let setup = setup();
    let visitor = setup.visitor().await;
    setup.storage.fault(Call::Load, Fault::NotMigrated);
    setup.storage.fault(Call::Save, Fault::NotMigrated);
    for mut browser in [setup.browser(), visitor.clone()] {
        let log = Log::new();
        let reply = browser.get("/write").await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(reply.body, NOT_MIGRATED);
        assert!(!reply.headers.contains_key("retry-after"));
        assert_eq!(reply.set_cookies(), Vec::<&str>::new());
        let text = log.text();
        assert_eq!(text.matches("ERROR").count(), 1, "{text}");
        assert!(text.contains(NOT_MIGRATED), "{text}");
    }
    setup.storage.heal();
    assert!(visitor.is_known().await);
}

#[tokio::test]
async fn a_save_into_a_table_that_is_not_there_is_not_tried_again() {
    let setup = setup();
    setup.storage.fault(Call::Save, Fault::NotMigrated);
    setup.browser().get("/write").await;
    let calls = setup.storage.take_calls();
    assert_eq!((calls.save, calls.total()), (1, 1));
}

#[tokio::test]
async fn where_nothing_is_logged_the_body_says_so_and_else_it_is_empty() {
    let setup = setup();
    let mut visitor = setup.visitor().await;
    setup.storage.fault(Call::Load, Fault::Fail);
    assert_eq!(visitor.get("/read").await.body, "");
    let _nobody = tracing::subscriber::set_default(NoSubscriber::default());
    let reply = visitor.get("/read").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    let body = reply.body;
    assert!(body.contains("tracing_subscriber::fmt::init()"), "{body}");
    assert!(!body.contains("the test's storage"), "{body}");
}

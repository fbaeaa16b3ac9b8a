use std::sync::Arc;

use axum_bare_session::storage::{Digest, SessionRecord, SessionStorage, Timestamp};
use axum_bare_session::{
    DefaultScope, Duration, MemorySessionStorage, OffsetDateTime, add_session_middleware,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::support::{Browser, visitor_routes};

#[tokio::test]
async fn unknown_fields_of_a_newer_version_survive_writes_renewals_and_log_ins() {
    let (id, secret) = ([1; 16], [2; 32]);
    let digest: [u8; 32] = Sha256::digest(secret).into();
    let now = Timestamp::from(OffsetDateTime::now_utc());
    let record = SessionRecord::new(Digest::from(digest), now, now + Duration::HOUR);
    let json = String::from_utf8(record.to_json().unwrap()).unwrap();
    let json = json.replacen('{', r#"{"later":{"n":[1,2.50]},"#, 1);
    let record = SessionRecord::from_json(json.as_bytes()).unwrap();

    let storage = MemorySessionStorage::new();
    let id = uuid::Uuid::from_bytes(id).into();
    let saved = storage.save(id, Arc::new(record), None).await.unwrap();
    assert_eq!(saved, axum_bare_session::storage::Saved::Done);
    let routes = visitor_routes::<DefaultScope>();
    let mut browser = Browser::new(add_session_middleware(routes, storage.clone()));
    let cookie = URL_SAFE_NO_PAD.encode([&[1; 16][..], &secret].concat());
    browser.cookies.insert("__Host-Http-id".to_owned(), cookie);

    for path in ["/count", "/renew", "/log_in/ada", "/remember/60", "/count"] {
        browser.get(path).await;
        let stored = storage.load(id).await.unwrap().unwrap();
        let json = String::from_utf8(stored.to_json().unwrap()).unwrap();
        assert!(json.contains(r#""later":{"n":[1,2.50]}"#), "{path}: {json}");
    }
    assert_eq!(browser.get("/read").await.body, "2");
}

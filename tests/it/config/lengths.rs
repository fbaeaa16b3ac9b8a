//! How long the parts of a cookie may be: what browsers keep, and not a byte less.

use axum_bare_session::{
    ConfigError, DefaultScope, MemorySessionStorage, Sessions, SigningKey, add_session_middleware,
};

use super::build;
use crate::support::{Browser, visitor_routes};

#[test]
fn a_domain_and_a_path_may_be_as_long_as_browsers_take_an_attribute() {
    for (length, is_kept) in [(1_023, true), (1_024, true), (1_025, false), (2_000, false)] {
        // Labels of 15 and a dot, but for the last.
        let domain = "example-example.".repeat(200);
        let domain = &domain[domain.len() - length..domain.len() - 1].to_owned();
        let domain = format!("{domain}x");
        assert_eq!(domain.len(), length);
        let built = build(|b| b.domain(&*domain));
        let refused = Err(ConfigError::Domain { domain });
        assert_eq!(built, if is_kept { Ok(()) } else { refused }, "{length}");

        let path = format!("/{}", "p".repeat(length - 1));
        let built = build(|b| b.path(&*path));
        let refused = Err(ConfigError::Path { path });
        assert_eq!(built, if is_kept { Ok(()) } else { refused }, "{length}");
    }
}

#[tokio::test]
async fn the_name_of_a_signed_cookie_leaves_room_for_the_value_and_its_signature() {
    let keys = || [SigningKey::new([7; 32]).unwrap()];
    let sessions = Sessions::builder(MemorySessionStorage::new()).signing_keys(keys());
    let routes = visitor_routes::<DefaultScope>();
    let app = add_session_middleware(routes, sessions.build().unwrap());
    let cookie = Browser::new(app).get("/count").await.set_cookie().unwrap();
    for (length, is_kept) in [(4_096, true), (4_097, false)] {
        let name = "n".repeat(length - cookie.value.len());
        let built = build(|b| b.signing_keys(keys()).cookie_name(name));
        assert_eq!(built.is_ok(), is_kept, "{length}");
    }
}

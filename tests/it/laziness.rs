use std::collections::HashMap;

use axum::Router;
use axum::routing::get;
use axum_bare_session::{Duration, SessionData};

use crate::support::{Calls, Setup, Work};

fn load_only() -> Calls {
    Calls {
        load: 1,
        ..Calls::default()
    }
}

#[tokio::test]
async fn a_route_that_ignores_the_session_sends_no_header_and_calls_no_storage() {
    let routes = Router::new().route("/hello", get(async || "hello"));
    let setup = Setup::serving(routes);
    let mut known = setup.visitor().await;
    let mut stranger = setup.browser();
    for browser in [&mut known, &mut stranger] {
        let reply = browser.get("/hello").await;
        assert_eq!(reply.body, "hello");
        assert!(!reply.headers.contains_key("set-cookie"));
        assert!(!reply.headers.contains_key("vary"));
        assert!(!reply.headers.contains_key("cache-control"));
        assert_eq!(setup.storage.take_calls(), Calls::default());
    }
}

#[tokio::test]
async fn a_route_that_does_not_exist_sends_no_header_and_calls_no_storage() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let reply = browser.get("/nowhere").await;
    assert_eq!(reply.status, 404);
    assert!(!reply.headers.contains_key("vary"));
    assert_eq!(setup.storage.take_calls(), Calls::default());
}

#[tokio::test]
async fn a_visitor_whose_handler_only_reads_gets_no_record_and_no_cookie() {
    let setup = Setup::new();
    let visit = setup.browser().begin().await;
    assert!(visit.session.is_new());
    assert!(visit.session.is_empty());
    assert_eq!(visit.session.get::<u64>("x").unwrap(), None);
    let reply = visit.finish().await;
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert!(!reply.headers.contains_key("cache-control"));
    assert_eq!(setup.storage.take_calls(), Calls::default());
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_key_written_and_removed_again_leaves_nothing() {
    let setup = Setup::new();
    let undone: [Work; 5] = [
        |session| {
            session
                .insert("y", 1)
                .map(|()| assert!(session.remove("y")))
        },
        |session| session.insert("y", 1).map(|()| session.clear()),
        |session| session.insert("y", 1).map(|()| session.revert()),
        |session| session.insert("y", 1).map(|()| session.destroy()),
        |session| {
            session.update("y", |y: Option<u8>| y.unwrap_or(7))?;
            session.take::<u8>("y").map(|y| assert_eq!(y, Some(7)))
        },
    ];
    for undone in undone {
        let mut browser = setup.browser();
        let reply = browser.visit(undone).await;
        assert_eq!(reply.set_cookies(), [""; 0]);
        assert_eq!(setup.storage.take_calls(), Calls::default());
    }
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_key_written_and_removed_again_saves_nothing_into_a_session_either() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let work = |session: &SessionData| {
        session.insert("y", 1)?;
        session.remove("y");
        session.remove("x");
        session.insert("x", 1)
    };
    let reply = browser.visit(work).await;
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert_eq!(setup.storage.take_calls(), load_only());
}

#[tokio::test]
async fn what_stores_no_value_makes_no_session() {
    let setup = Setup::new();
    let works: [Work; 9] = [
        |session| session.renew(),
        |session| session.remember(Duration::days(7)),
        |session| session.take::<u8>("x").map(|_| ()),
        |session| {
            let no_json = HashMap::from([([1], 1)]);
            assert!(session.insert("x", no_json).is_err());
            Ok(())
        },
        |session| {
            assert!(session.log_in("").is_err());
            Ok(())
        },
        |session| {
            assert!(!session.remove("x"));
            Ok(())
        },
        |session| {
            session.clear();
            Ok(())
        },
        |session| {
            session.destroy();
            Ok(())
        },
        |session| {
            session.revert();
            Ok(())
        },
    ];
    for work in works {
        let reply = setup.browser().visit(work).await;
        assert_eq!(reply.set_cookies(), [""; 0]);
    }
    assert_eq!(setup.storage.take_calls(), Calls::default());
    assert!(setup.storage.inner.is_empty());
}

#[tokio::test]
async fn a_session_whose_last_key_is_removed_is_still_a_session() {
    let setup = Setup::new();
    let mut browser = setup.visitor().await;
    let cookie = browser.cookie();
    browser
        .visit(|session| {
            session.remove("x");
            Ok(())
        })
        .await;
    assert!(browser.is_known().await);
    assert_eq!(browser.cookie(), cookie);
    assert!(browser.keys().await.is_empty());
}

#[tokio::test]
async fn an_optional_session_is_none_without_a_live_one_and_creates_nothing() {
    async fn maybe(session: Option<SessionData>) -> String {
        session.is_some().to_string()
    }
    let setup = Setup::serving(Router::new().route("/maybe", get(maybe)));
    let mut stranger = setup.browser();
    let reply = stranger.get("/maybe").await;
    assert_eq!(reply.body, "false");
    assert_eq!(reply.set_cookies(), [""; 0]);
    assert_eq!(setup.storage.take_calls(), Calls::default());

    let mut known = setup.visitor().await;
    assert_eq!(known.get("/maybe").await.body, "true");
    assert_eq!(setup.storage.take_calls(), load_only());
    setup.clock.advance(Duration::hours(25));
    assert_eq!(known.get("/maybe").await.body, "false");
}

#[tokio::test]
async fn a_malformed_cookie_never_reaches_the_storage() {
    async fn read(session: SessionData) -> String {
        session.is_new().to_string()
    }
    let setup = Setup::serving(Router::new().route("/read", get(read)));
    let browser = setup.visitor().await;
    let good = browser.cookie().unwrap();
    let malformed = [
        "__Host-Http-id=".to_owned(),
        "__Host-Http-id".to_owned(),
        "__Host-Http-id=x".to_owned(),
        format!("{good}A"),
        good[..good.len() - 1].to_owned(),
        good.replacen("=", "=%20", 1),
        format!("{}=", &good[..good.len() - 1]),
        good.replace("__Host-Http-id", "__host-id"),
        good.replace("=", "=\""),
    ];
    for cookie in malformed {
        let reply = browser
            .get_with_cookies("/read", &[cookie.as_bytes()])
            .await;
        assert_eq!(reply.body, "true", "{cookie}");
        assert_eq!(reply.set_cookies(), [""; 0], "{cookie}");
        assert_eq!(setup.storage.take_calls(), Calls::default(), "{cookie}");
    }
    let reply = browser.get_with_cookies("/read", &[good.as_bytes()]).await;
    assert_eq!(reply.body, "false");
    assert_eq!(setup.storage.take_calls(), load_only());
}

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use axum_bare_session::{SessionData, SessionError, Sessions, add_session_middleware};
use tokio::sync::Barrier;

use super::{House, id, is_alive};
use crate::support::{Browser, Call, Fault, Log};

#[tokio::test]
async fn a_revoked_session_is_dead_for_its_next_request_and_others_live_on() {
    let house = House::new();
    let mut revoked = house.logged_in("ada").await;
    let mut other = house.logged_in("ada").await;
    let log = Log::new();
    house.sessions.revoke(id(&revoked)).await.unwrap();
    let text = log.text();
    let line = text.lines().find(|line| line.contains("session revoked"));
    assert!(line.unwrap().contains(&id(&revoked).to_string()), "{text}");
    assert!(!is_alive(&mut revoked).await);
    assert!(is_alive(&mut other).await);
}

#[tokio::test]
async fn revoking_what_is_not_there_is_no_error() {
    let house = House::new();
    let browser = house.logged_in("ada").await;
    for _ in 0..3 {
        house.sessions.revoke(id(&browser)).await.unwrap();
    }
    let unknown = uuid::Uuid::from_bytes([7; 16]).into();
    house.sessions.revoke(unknown).await.unwrap();
}

#[tokio::test]
async fn revoke_all_ends_every_session_of_the_owner_and_of_nobody_else() {
    let house = House::new();
    let mut adas = Vec::new();
    for _ in 0..3 {
        adas.push(house.logged_in("ada").await);
    }
    let mut bob = house.logged_in("bob").await;
    let mut nobody = house.browser();
    nobody.get("/count").await;
    house.storage.take_calls();
    assert_eq!(house.sessions.revoke_all("ada").await.unwrap(), 3);
    let calls = house.storage.take_calls();
    assert_eq!((calls.total(), calls.delete_owned), (1, 1));
    assert_eq!(house.sessions.revoke_all("ada").await.unwrap(), 0);
    assert_eq!(house.sessions.revoke_all("").await.unwrap(), 0);
    for mut ada in adas {
        assert!(!is_alive(&mut ada).await);
    }
    assert!(is_alive(&mut bob).await);
    assert!(is_alive(&mut nobody).await);
}

#[tokio::test]
async fn revoke_others_keeps_the_one_that_asks() {
    async fn log_out_elsewhere(
        session: SessionData,
        sessions: Sessions,
    ) -> Result<String, SessionError> {
        let (Some(id), Some(owner)) = (session.id(), session.owner()) else {
            return Ok("nobody".to_owned());
        };
        Ok(sessions.revoke_others(&owner, id).await?.to_string())
    }
    let house = House::new();
    let mut others = [house.logged_in("ada").await, house.logged_in("ada").await];
    let mut bob = house.logged_in("bob").await;
    let routes = crate::support::visitor_routes::<axum_bare_session::DefaultScope>();
    let routes = routes.route("/elsewhere", get(log_out_elsewhere));
    let mut ada = Browser::new(add_session_middleware(routes, house.sessions.clone()));
    ada.get("/log_in/ada").await;

    assert_eq!(ada.get("/elsewhere").await.body, "2");
    assert!(is_alive(&mut ada).await);
    assert!(is_alive(&mut bob).await);
    for other in &mut others {
        assert!(!is_alive(other).await);
    }
}

#[tokio::test]
async fn revoke_others_that_keeps_a_strangers_session_ends_all_of_the_owner() {
    let house = House::new();
    let mut ada = house.logged_in("ada").await;
    let mut bob = house.logged_in("bob").await;
    let revoked = house.sessions.revoke_others("ada", id(&bob)).await;
    assert_eq!(revoked.unwrap(), 1);
    assert!(!is_alive(&mut ada).await);
    assert!(is_alive(&mut bob).await);
}

#[tokio::test]
async fn a_session_that_is_revoked_while_its_handler_works_stays_revoked_and_sends_no_cookie() {
    let house = House::new();
    let barrier = Arc::new(Barrier::new(2));
    let wait = Arc::clone(&barrier);
    let slow = async move |session: SessionData| {
        session.insert("late", true)?;
        session.log_in("ada")?;
        wait.wait().await;
        wait.wait().await;
        Ok::<_, SessionError>("done")
    };
    let routes = Router::new().route("/slow", get(slow));
    let mut browser = Browser::new(add_session_middleware(routes, house.sessions.clone()));
    browser.cookies = house.logged_in("ada").await.cookies;
    let revoked = id(&browser);
    let request = async { browser.get("/slow").await };
    let revoke = async {
        barrier.wait().await;
        house.sessions.revoke(revoked).await.unwrap();
        barrier.wait().await;
    };
    let (reply, ()) = tokio::join!(request, revoke);
    assert_eq!(reply.body, "done");
    assert_eq!(reply.set_cookie(), None);
    assert!(house.storage.inner.is_empty());
}

#[tokio::test]
async fn a_renewed_session_is_revoked_under_the_same_id() {
    let house = House::new();
    let mut browser = house.logged_in("ada").await;
    let before = id(&browser);
    browser.get("/renew").await;
    house.sessions.revoke(before).await.unwrap();
    assert!(!is_alive(&mut browser).await);
}

#[tokio::test]
async fn a_revocation_that_fails_is_an_error_and_leaves_the_session() {
    let house = House::new();
    let mut browser = house.logged_in("ada").await;
    house.storage.fault(Call::Delete, Fault::Fail);
    house.storage.fault(Call::DeleteOwned, Fault::Fail);
    let log = Log::new();
    assert!(house.sessions.revoke(id(&browser)).await.is_err());
    assert!(house.sessions.revoke_all("ada").await.is_err());
    assert!(!log.text().contains("session revoked"));
    house.storage.heal();
    assert!(is_alive(&mut browser).await);
    assert_eq!(house.sessions.revoke_all("ada").await.unwrap(), 1);
}

#[tokio::test]
async fn one_that_cannot_be_read_is_revoked_and_one_that_cannot_be_asked_for_is_not() {
    for (fault, is_revoked) in [
        (Fault::Fail, false),
        (Fault::NotMigrated, false),
        (Fault::Malformed, true),
        (Fault::NewerFormat, true),
    ] {
        let house = House::new();
        let mut browser = house.logged_in("ada").await;
        house.storage.fault(Call::Load, fault);
        let revoked = house.sessions.revoke(id(&browser)).await;
        house.storage.heal();
        assert_eq!(revoked.is_ok(), is_revoked, "{fault:?}");
        assert_eq!(is_alive(&mut browser).await, !is_revoked, "{fault:?}");
    }
}

#[tokio::test]
async fn a_storage_may_serve_a_service_beside_the_one_of_the_middleware() {
    let house = House::new();
    let mut browser = house.logged_in("ada").await;
    let job = Sessions::builder(house.storage.clone())
        .clock(house.clock.reader())
        .build()
        .unwrap();
    assert_eq!(job.revoke_all("ada").await.unwrap(), 1);
    assert!(!is_alive(&mut browser).await);
}

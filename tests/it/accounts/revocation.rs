use axum_bare_session::storage::SessionStorage;
use axum_bare_session::{SessionData, SessionId};
use futures_util::future::join_all;

use crate::support::{Backend, Browser, Call, Fault, Setup, on_each_storage};

async fn ids<S: SessionStorage + Clone>(setup: &Setup<S>, owner: &str) -> Vec<SessionId> {
    let listed = setup.sessions.list(owner).await.unwrap();
    listed.iter().map(|session| session.id()).collect()
}

/// Whose session a browser has, and its id.
async fn whose(browser: &Browser) -> Option<(String, SessionId)> {
    let visit = browser.begin().await;
    let found = visit.session.owner().zip(visit.session.id());
    visit.finish().await;
    found
}

async fn a_revocation_holds_from_the_very_next_request_on<B: Backend>() {
    let setup = B::setup().await;
    let [one, two, three] = [
        setup.user("ada").await,
        setup.user("ada").await,
        setup.user("ada").await,
    ];
    let other = setup.user("bob").await;
    let (_, id) = whose(&one).await.unwrap();
    setup.sessions.revoke(id).await.unwrap();
    assert_eq!(whose(&one).await, None);
    let (_, keep) = whose(&two).await.unwrap();
    assert_eq!(setup.sessions.revoke_others("ada", keep).await.unwrap(), 1);
    assert_eq!(whose(&three).await, None);
    assert_eq!(ids(&setup, "ada").await, [keep]);
    assert_eq!(setup.sessions.revoke_all("ada").await.unwrap(), 1);
    assert_eq!(whose(&two).await, None);
    assert!(ids(&setup, "ada").await.is_empty());
    assert!(other.is_known().await);
}

async fn requests_under_way_change_nothing_after_a_revocation<B: Backend>() {
    let setup = B::setup().await;
    let browser = setup.user("ada").await;
    let works: [fn(&SessionData); 5] = [
        |s| s.insert("y", 1).unwrap(),
        |s| s.renew().unwrap(),
        |s| s.log_in("ada").unwrap(),
        |s| s.log_out_keeping(["x"]).unwrap(),
        |s| s.set_label("phone").unwrap(),
    ];
    let visits = join_all(works.iter().map(|_| browser.begin())).await;
    for (work, visit) in works.iter().zip(&visits) {
        work(&visit.session);
    }
    setup.sessions.revoke_all("ada").await.unwrap();
    for visit in visits {
        let reply = visit.finish().await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.set_cookies(), [""; 0]);
    }
    assert_eq!(setup.storage.stored().await, 0);
    assert!(ids(&setup, "ada").await.is_empty());
}

async fn log_ins_that_race_a_revocation_leave_no_live_session_unlisted<B: Backend>() {
    let setup = B::setup().await;
    for call in [Call::Load, Call::Save, Call::List, Call::Delete] {
        setup.storage.fault(call, Fault::Yield);
    }
    for round in 0..10 {
        let owner = format!("owner {round}");
        let log_ins = (0..8).map(|number| {
            let (mut browser, owner) = (setup.browser(), owner.clone());
            tokio::spawn(async move {
                if number % 2 == 0 {
                    browser.visit(|s| s.insert("x", 1)).await;
                }
                browser.visit(|s| s.log_in(&owner)).await;
                browser
            })
        });
        let log_ins: Vec<_> = log_ins.collect();
        for _ in 0..3 {
            setup.sessions.revoke_all(&owner).await.unwrap();
        }
        let browsers = join_all(log_ins).await.into_iter().map(Result::unwrap);
        let mut live = Vec::new();
        for browser in browsers {
            live.extend(whose(&browser).await.map(|(_, id)| id));
        }
        let mut listed = ids(&setup, &owner).await;
        live.sort();
        listed.sort();
        assert_eq!(live, listed);
        setup.sessions.revoke_all(&owner).await.unwrap();
        assert!(ids(&setup, &owner).await.is_empty());
    }
}

async fn an_owner_ends_only_sessions_of_their_own<B: Backend>() {
    let setup = B::setup().await;
    let (ada, bob) = (setup.user("ada").await, setup.user("bob").await);
    let visitor = setup.visitor().await;
    let visit = visitor.begin().await;
    let anonymous = visit.session.id().unwrap();
    visit.finish().await;
    let (_, of_bob) = whose(&bob).await.unwrap();
    for id in [of_bob, anonymous, uuid::Uuid::nil().into()] {
        assert!(!setup.sessions.revoke_owned("ada", id).await.unwrap());
    }
    assert!(bob.is_known().await && visitor.is_known().await);
    let (_, of_ada) = whose(&ada).await.unwrap();
    assert!(setup.sessions.revoke_owned("ada", of_ada).await.unwrap());
    assert!(!ada.is_known().await);
    assert!(!setup.sessions.revoke_owned("ada", of_ada).await.unwrap());
}

/// Owners are compared byte by byte, also where it is the id that finds the session.
async fn who_differs_in_case_alone_ends_no_session_of_another<B: Backend>() {
    let setup = B::setup().await;
    for (owner, alike) in [("ada", "Ada"), ("\u{e4}da", "\u{c4}da"), ("ben", "ben ")] {
        let browser = setup.user(owner).await;
        let (_, id) = whose(&browser).await.unwrap();
        assert!(!setup.sessions.revoke_owned(alike, id).await.unwrap());
        assert!(browser.is_known().await, "{alike:?} is not {owner:?}");
    }
}

on_each_storage! {
    an_owner_ends_only_sessions_of_their_own
    a_revocation_holds_from_the_very_next_request_on
    requests_under_way_change_nothing_after_a_revocation
    who_differs_in_case_alone_ends_no_session_of_another
    ; on four threads:
    log_ins_that_race_a_revocation_leave_no_live_session_unlisted
}

use axum_bare_session::SessionData;
use tokio::sync::Barrier;

use crate::support::Setup;

#[tokio::test]
async fn clones_are_the_same_session() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let (one, two) = (visit.session.clone(), visit.session.clone());
    let both = Barrier::new(2);
    let write = async |session: SessionData, key: &str| {
        session.insert(key, 1).unwrap();
        both.wait().await;
        let count = |n: Option<u64>| n.unwrap_or(0) + 1;
        session.update("n", count).unwrap();
        assert_eq!(session.len(), 4);
    };
    tokio::join!(write(one, "a"), write(two, "b"));
    assert_eq!(visit.session.get("n").unwrap(), Some(2));
    visit.finish().await;
    assert_eq!(browser.keys().await, ["a", "b", "n", "x"]);
    assert_eq!(browser.read("n").await, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clones_on_several_threads_count_exactly() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let visit = browser.begin().await;
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let session = visit.session.clone();
            tokio::spawn(async move {
                for _ in 0..25 {
                    let count = |n: Option<u64>| n.unwrap_or(0) + 1;
                    session.update("n", count).unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    visit.finish().await;
    assert_eq!(browser.read("n").await, Some(100));
}

#[tokio::test]
async fn an_update_closure_may_read_its_own_session_also_when_it_is_replayed() {
    let setup = Setup::new();
    let browser = setup.visitor().await;
    let (other, visit) = (browser.begin().await, browser.begin().await);
    let reader = visit.session.clone();
    let add_x = move |n: Option<u64>| {
        let x: u64 = reader.get("x").unwrap().unwrap_or(0);
        assert!(reader.contains_key("x"));
        n.unwrap_or(0) + x
    };
    visit.session.update("n", add_x).unwrap();
    assert_eq!(visit.session.get("n").unwrap(), Some(1));
    other.session.insert("n", 10).unwrap();
    other.finish().await;
    assert_eq!(visit.finish().await.status, 200);
    assert_eq!(browser.read("n").await, Some(11));
}

#[tokio::test]
async fn a_handler_reads_its_own_writes() {
    let setup = Setup::new();
    let visit = setup.browser().begin().await;
    let session = &visit.session;
    assert!(session.is_empty());
    session.insert("b", "two").unwrap();
    session.insert("a", 1).unwrap();
    assert_eq!(session.keys(), ["a", "b"]);
    assert_eq!(session.get::<String>("b").unwrap().unwrap(), "two");
    assert!(session.contains_key("a"));
    assert!(session.remove("a"));
    assert!(!session.contains_key("a"));
    assert!(!session.remove("a"));
    session.log_in("user:42").unwrap();
    assert_eq!(session.owner().as_deref(), Some("user:42"));
    assert_eq!(session.authenticated_at(), Some(setup.clock.now()));
    assert!(session.is_new(), "until it is saved");
    session.clear();
    assert!(session.is_empty());
    assert_eq!(session.owner().as_deref(), Some("user:42"));
}

#[tokio::test]
async fn a_session_with_an_owner_needs_no_values() {
    let setup = Setup::new();
    let mut browser = setup.browser();
    let reply = browser.visit(|session| session.log_in("user:42")).await;
    assert!(reply.new_cookie().is_some());
    let visit = browser.begin().await;
    assert_eq!(visit.session.owner().as_deref(), Some("user:42"));
    assert!(visit.session.is_empty());
}

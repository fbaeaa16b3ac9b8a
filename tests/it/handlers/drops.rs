//! No code of the application's runs under a lock of the session's: what its `Drop`s do to the session hangs nothing.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use axum_bare_session::{SessionData, SessionError};
use tokio::runtime::Builder;

use crate::support::{Call, Fault, Setup};

/// Reads and writes the session when it is dropped.
struct Reader(Arc<Mutex<Option<SessionData>>>);

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(session) = &*self.0.lock().unwrap() {
            let _ = session.get::<u8>("x");
            let _ = (session.len(), session.keys(), session.owner(), session.id());
            let _ = session.expires_at();
            let _ = session.insert("dropped", 1);
        }
    }
}

/// Undoes what the handler did, unless that comes to its end.
struct Undo(SessionData);

impl Drop for Undo {
    fn drop(&mut self) {
        self.0.revert();
        let _ = self.0.insert("undone", 1);
    }
}

/// Has `request` done in a thread of its own, and panics if that takes more than ten seconds.
fn within_ten_seconds<F: Future<Output = ()>>(
    name: &str,
    request: impl FnOnce() -> F + Send + 'static,
) {
    let (sender, done) = channel();
    let thread = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(request());
        let _ = sender.send(());
    });
    let ended = done.recv_timeout(Duration::from_secs(10));
    if ended.is_err() && thread.is_finished() {
        panic!("{name}: {:?}", thread.join().map_err(|_| "it panicked"));
    }
    assert!(ended.is_ok(), "{name} hangs");
}

/// Writes an update whose closure has a `Reader` of the session.
fn update(session: &SessionData) -> Result<(), SessionError> {
    let reader = Reader(Arc::new(Mutex::new(Some(session.clone()))));
    let add = move |n: Option<u8>| {
        let _ = &reader;
        n.unwrap_or(0) + 1
    };
    session.update("n", add).map(drop)
}

type Undoing = fn(&SessionData);

#[test]
fn what_makes_an_update_irrelevant_drops_its_closure_under_no_lock() {
    let undoings: [(&str, Undoing); 9] = [
        ("insert", |s| s.insert("n", 9).unwrap()),
        ("remove", |s| assert!(s.remove("n"))),
        ("take", |s| assert!(s.take::<u8>("n").unwrap().is_some())),
        ("clear", SessionData::clear),
        ("revert", SessionData::revert),
        ("destroy", SessionData::destroy),
        ("log out", SessionData::log_out),
        ("another update", |s| update(s).unwrap()),
        ("nothing", |_| {}),
    ];
    for (name, undo) in undoings {
        for known in [true, false] {
            within_ten_seconds(name, move || async move {
                let setup = Setup::new();
                let mut browser = setup.browser();
                if known {
                    browser = setup.visitor().await;
                }
                let visit = browser.begin().await;
                update(&visit.session).unwrap();
                undo(&visit.session);
                let reply = visit.finish().await;
                assert_eq!(reply.status, 200, "{name}");
            });
        }
    }
}

#[test]
fn an_update_that_is_refused_drops_its_closure_under_no_lock() {
    within_ten_seconds("too large", || async {
        let setup = Setup::configured(|builder| builder.max_size(10));
        let visit = setup.visitor().await.begin().await;
        let reader = Reader(Arc::new(Mutex::new(Some(visit.session.clone()))));
        let grow = move |_: Option<String>| {
            let _ = &reader;
            "n".repeat(100)
        };
        let refused = visit.session.update("n", grow);
        assert!(matches!(refused, Err(SessionError::TooLarge { .. })));
        visit.session.revert();
        assert_eq!(visit.finish().await.status, 200);
    });
}

#[test]
fn a_commit_that_fails_or_comes_too_late_drops_closures_under_no_lock() {
    for fault in [Fault::Fail, Fault::Conflict] {
        within_ten_seconds("a failing save", move || async move {
            let setup = Setup::new();
            let browser = setup.visitor().await;
            let visit = browser.begin().await;
            update(&visit.session).unwrap();
            setup.storage.fault(Call::Save, fault);
            assert_eq!(visit.finish().await.status, 503);
        });
    }
    within_ten_seconds("a session that has ended", || async {
        let setup = Setup::new();
        let browser = setup.visitor().await;
        let (visit, other) = (browser.begin().await, browser.begin().await);
        update(&visit.session).unwrap();
        other.session.destroy();
        other.finish().await;
        assert_eq!(visit.finish().await.status, 200);
    });
    within_ten_seconds("a session that was renewed", || async {
        let setup = Setup::new();
        let browser = setup.visitor().await;
        let (visit, other) = (browser.begin().await, browser.begin().await);
        update(&visit.session).unwrap();
        other.session.clear();
        other.session.log_in("user:42").unwrap();
        other.finish().await;
        assert_eq!(visit.finish().await.status, 200);
    });
    within_ten_seconds("a client that hangs up", || async {
        let setup = Setup::new();
        for browser in [setup.browser(), setup.visitor().await] {
            let visit = browser.begin().await;
            update(&visit.session).unwrap();
            let survivor = visit.session.clone();
            visit.hang_up().await;
            let _ = survivor.save().await;
            survivor.revert();
        }
    });
}

#[test]
fn a_guard_that_reverts_while_a_panic_unwinds_hangs_nothing() {
    for known in [true, false] {
        within_ten_seconds("a panic", move || async move {
            let setup =
                Setup::serving(axum::Router::new().route("/panic", axum::routing::get(panicking)));
            let mut browser = setup.browser();
            if known {
                browser = setup.visitor().await;
            }
            let mut panicking = browser.clone();
            let request = tokio::spawn(async move { panicking.get("/panic").await });
            assert!(request.await.unwrap_err().is_panic());
            let keys: &[&str] = if known { &["x"] } else { &[] };
            assert_eq!(browser.keys().await, keys);
        });
    }
}

async fn panicking(session: SessionData) {
    let _undo = Undo(session.clone());
    update(&session).unwrap();
    session
        .update("y", |_: Option<u8>| panic_in_update())
        .unwrap();
}

fn panic_in_update() -> u8 {
    panic!("the test's update panics")
}

#[test]
fn a_closure_that_uses_the_session_it_updates_hangs_nothing() {
    within_ten_seconds("an update in an update", || async {
        let setup = Setup::new();
        let browser = setup.visitor().await;
        let visit = browser.begin().await;
        let inner = visit.session.clone();
        let add = move |n: Option<u8>| {
            inner.insert("other", 1).unwrap();
            n.unwrap_or(0) + inner.get::<u8>("x").unwrap().unwrap_or(0)
        };
        visit.session.update("n", add).unwrap();
        let mut other = browser.clone();
        other.visit(|s| s.insert("n", 10)).await;
        assert_eq!(visit.finish().await.status, 200);
        assert_eq!(browser.read("n").await, Some(11));
    });
}

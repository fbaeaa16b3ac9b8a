//! `Sessions`: the sessions of an owner, listed and ended from outside their requests.

mod expired;
mod list;
mod many;
mod outside;
mod revoke;

use axum_bare_session::{DefaultScope, SessionId, Sessions, add_session_middleware};

use crate::support::{Browser, Clock, Spy, id_of, visitor_routes};

/// One application, from which any number of browsers can be made.
struct House {
    storage: Spy,
    clock: Clock,
    sessions: Sessions,
}

impl House {
    fn new() -> Self {
        let (storage, clock) = (Spy::new(), Clock::new());
        let builder = Sessions::builder(storage.clone()).clock(clock.reader());
        Self {
            storage,
            clock,
            sessions: builder.build().unwrap(),
        }
    }

    fn browser(&self) -> Browser {
        let routes = visitor_routes::<DefaultScope>();
        Browser::new(add_session_middleware(routes, self.sessions.clone()))
    }

    async fn logged_in(&self, owner: &str) -> Browser {
        let mut browser = self.browser();
        browser.get(&format!("/log_in/{owner}")).await;
        browser
    }
}

fn id(browser: &Browser) -> SessionId {
    id_of(&browser.cookies["__Host-Http-id"])
}

async fn is_alive(browser: &mut Browser) -> bool {
    browser.get("/read").await.body != "none"
}

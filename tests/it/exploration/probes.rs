//! What is asked of the application itself: at every moment, and when everything else is over.

use std::sync::Arc;

use axum_bare_session::storage::{SessionRecord, SessionStorage};
use axum_bare_session::{Duration, SessionId};
use futures_util::FutureExt;

use super::browser::Cookie;
use super::plan::OWNERS;
use super::program::Op;
use super::run::{End, Violation};
use super::scheduler::Scheduler;

impl Scheduler<'_> {
    /// Rule 26, at every moment.
    pub(super) fn check_limit(&mut self) {
        let Some((max, _)) = self.plan.settings.limit else {
            return;
        };
        for owner in OWNERS {
            let live = self.count_live(owner);
            if live > max && self.found.is_empty() {
                let step = self.house.step();
                let what = format!("after step {step} {owner} has {live} sessions of {max}");
                self.found.push(Violation::new("26: limit exceeded", what));
            }
        }
    }

    /// Whoever has a cookie that opens its session finds it.
    pub(super) async fn probe_jars(&mut self) {
        for jar in self.jars.clone().into_iter().flatten() {
            let opens = self
                .stored(jar.id)
                .is_some_and(|record| jar.opens(&record.digest));
            let opened = self.visit_alone(vec![jar.clone()], Vec::new()).await;
            if opens && opened != Some(jar.id) {
                let what = format!("the cookie of {} opens {opened:?}", jar.id);
                self.found
                    .push(Violation::new("8: a live cookie opens nothing", what));
            }
            if self.plan.is_honest && opened.is_none() {
                let what = format!("a browser lost the log-in {}", jar.id);
                self.found
                    .push(Violation::new("25: honest browser lost its log-in", what));
            }
        }
    }

    /// A minute after everything an owner with room for another session can log in.
    pub(super) async fn probe_limit(&mut self) {
        let Some((max, _)) = self.plan.settings.limit else {
            return;
        };
        self.house.clock.advance(Duration::seconds(61));
        let owner = OWNERS[0];
        let has_room = self.count_live(owner) < max;
        self.visit_alone(Vec::new(), vec![Op::LogIn(owner)]).await;
        let (end, _) = self
            .sent
            .last()
            .unwrap()
            .ended
            .clone()
            .unwrap_or((End::Hangs, 0));
        let has_cookie = matches!(&end, End::Answered { said, .. } if said.cookie().is_some());
        if has_room && !has_cookie {
            let what = format!("with room for a session the log-in ended as {end:?}");
            self.found.push(Violation::new("26: locked out", what));
        }
    }

    /// Makes a request while no other is under way, and returns which session it opened.
    async fn visit_alone(&mut self, cookies: Vec<Cookie>, ops: Vec<Op>) -> Option<SessionId> {
        let number = self.sent.len();
        self.begin_step(format!("request {number} tries at last: {ops:?}"));
        let sent = self.house.send(number, cookies, ops);
        self.sent.push(sent);
        self.end_step().await;
        self.finish().await;
        self.sent.last()?.notes().opened?.id
    }

    fn count_live(&self, owner: &str) -> usize {
        let now = self.house.clock.now().into();
        let listed = self.house.truth.list(owner, now).now_or_never();
        listed.expect("memory answers at once").unwrap().len()
    }

    fn stored(&self, id: SessionId) -> Option<Arc<SessionRecord>> {
        let stored = self.house.truth.load(id).now_or_never();
        stored.expect("memory answers at once").unwrap()
    }
}

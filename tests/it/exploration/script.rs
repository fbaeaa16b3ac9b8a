//! A schedule that is written down, move by move: for what the exploration has found once.

use super::actions::Action;
use super::choices::Choices;
use super::plan::{Brings, Over, Plan, Planned, Settings};
use super::program::Op;
use super::run::Run;
use super::scheduler::{Scheduler, play};
use super::storage::Stage;

/// How many calls to the storage a request may need.
const MAX_CALLS: usize = 50;

/// One move, of the request with that number; those that come first are counted too.
#[derive(Clone, Copy, Debug)]
pub(super) enum Move {
    Start,
    /// Lets its calls through until its handler has the session.
    Open(usize),
    /// Lets its handler return, and its calls through until it is answered.
    Answer(usize),
    /// Lets its handler go on.
    Continue(usize),
    /// Lets its next call through.
    Release(usize),
    /// Applies its next call, and answers by an error.
    LoseAnswer(usize),
    /// Answers its next call by an error.
    Fail(usize),
    Deliver(usize),
    LoseResponse(usize),
    HangUp(usize),
    /// Lets so many seconds pass.
    Pass(i64),
}

/// A request of a browser that brings its jar's cookie.
pub(super) fn visit(browser: usize, ops: &[Op]) -> Planned {
    Planned::Visit {
        browser,
        brings: Brings::Jar,
        ops: ops.to_vec(),
    }
}

/// The requests of one browser, or of several: those that come first undisturbed, and those that the moves mix.
pub(super) fn plan(browsers: usize, before: Vec<Planned>, mixed: Vec<Planned>) -> Plan {
    Plan {
        settings: Settings::default(),
        browsers,
        before,
        mixed,
        faults: 9,
        may_hang_up: true,
        is_honest: false,
    }
}

/// Plays the moves, and then whatever is left to happen in order.
pub(super) fn run_script(plan: Plan, moves: &[Move], over: Over) -> Run {
    play(
        plan,
        &mut Choices::given(Vec::new()),
        Some(moves),
        over,
        None,
    )
}

impl Scheduler<'_> {
    pub(super) async fn make_move(&mut self, made: Move) {
        match made {
            Move::Start => self.perform(Action::Start).await,
            Move::Open(number) => {
                for _ in 0..MAX_CALLS {
                    if self.sent[number].waits_at_gate() {
                        return;
                    }
                    self.perform(Action::Release(self.next_call(number))).await;
                }
            }
            Move::Answer(number) => {
                if self.sent[number].waits_at_gate() {
                    self.perform(Action::Continue(number)).await;
                }
                for _ in 0..MAX_CALLS {
                    if !self.sent[number].is_under_way() {
                        return;
                    }
                    self.perform(Action::Release(self.next_call(number))).await;
                }
            }
            Move::Continue(number) => self.perform(Action::Continue(number)).await,
            Move::Release(number) => self.perform(Action::Release(self.next_call(number))).await,
            Move::LoseAnswer(number) => {
                self.perform(Action::LoseAnswer(self.next_call(number)))
                    .await;
            }
            Move::Fail(number) => {
                self.perform(Action::FailBefore(self.next_call(number)))
                    .await
            }
            Move::Deliver(number) => self.perform(Action::Deliver(number)).await,
            Move::LoseResponse(number) => self.perform(Action::LoseResponse(number)).await,
            Move::HangUp(number) => self.perform(Action::HangUp(number)).await,
            Move::Pass(seconds) => self.perform(Action::MoveClock(seconds)).await,
        }
    }

    /// The call that a request has waited for the longest time.
    fn next_call(&self, number: usize) -> usize {
        let calls = self.house.shared.calls.lock().unwrap();
        let mut calls = calls.iter().enumerate();
        let next =
            calls.find(|(_, call)| call.caller == Some(number) && call.stage() == Stage::Asked);
        let (position, _) = next.unwrap_or_else(|| panic!("request {number} waits for no call"));
        position
    }
}

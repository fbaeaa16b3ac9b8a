//! What can happen next, and how it does.

use std::time::Duration as StdDuration;

use axum_bare_session::Duration;
use axum_bare_session::storage::Owned;

use super::house::Sent;
use super::plan::Over;
use super::scheduler::Scheduler;
use super::storage::{Ask, Stage};

/// How often, in percent, something happens that is not to be expected.
const EXCEPTIONAL: usize = 14;
/// The same where everything is to go well for the visitors, but for what happens on the way.
const EXCEPTIONAL_FOR_HONEST: usize = 35;
/// Longer than a cache may go without asking its remote storage.
const STALENESS: StdDuration = StdDuration::from_millis(1_100);
/// Past the limit of a call to the storage.
const TIMEOUT: StdDuration = StdDuration::from_secs(6);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Applies a call and answers it.
    Release(usize),
    /// Applies a call, and keeps the answer back.
    Apply(usize),
    Reply(usize),
    FailBefore(usize),
    LoseAnswer(usize),
    /// Applies a call that nobody waits for any more.
    ApplyLate(usize),
    Discard(usize),
    /// Lets a handler do what it does.
    Continue(usize),
    Deliver(usize),
    LoseResponse(usize),
    HangUp(usize),
    /// The process of a request ends: the request and whatever it left to others to do.
    Crash(usize),
    Start,
    MoveClock(i64),
    /// Lets all calls take too long.
    TimeOut,
    /// Lets a second pass, since only time can bring the requests further.
    Wait,
}

impl Scheduler<'_> {
    /// What is to be expected next, the plainest first: what was begun is finished before something else begins.
    pub(super) fn normal_actions(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        for (number, stage) in self.stages() {
            match stage {
                Stage::Asked => actions.push(Action::Release(number)),
                Stage::Applied => actions.push(Action::Reply(number)),
                Stage::Abandoned | Stage::Over => {}
            }
        }
        for sent in &self.sent {
            if sent.waits_at_gate() {
                actions.push(Action::Continue(sent.number));
            } else if sent.is_on_its_way() {
                actions.push(Action::Deliver(sent.number));
            }
        }
        let begun = self.sent.len() >= self.plan.before.len();
        if begun && self.started < self.plan.mixed.len() {
            actions.push(Action::Start);
        }
        actions
    }

    pub(super) fn choose(&mut self) -> Option<Action> {
        let exceptional = match self.plan.is_honest {
            true => EXCEPTIONAL_FOR_HONEST,
            false => EXCEPTIONAL,
        };
        if self.choices.chance(exceptional) {
            let actions = self.exceptional_actions();
            if !actions.is_empty() {
                return Some(self.choices.pick(&actions));
            }
        }
        let actions = self.normal_actions();
        if actions.is_empty() {
            let is_stuck = self.sent.iter().any(Sent::is_under_way);
            return is_stuck.then_some(Action::Wait);
        }
        Some(self.choices.pick(&actions))
    }

    fn exceptional_actions(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        let may_fail = self.faults > 0;
        for (number, stage) in self.stages() {
            match stage {
                Stage::Asked => {
                    actions.push(Action::Apply(number));
                    if may_fail {
                        actions.extend([Action::LoseAnswer(number), Action::FailBefore(number)]);
                    }
                }
                Stage::Applied if may_fail => actions.push(Action::LoseAnswer(number)),
                Stage::Abandoned => {
                    actions.push(Action::Discard(number));
                    if self.may_come_late(number) {
                        actions.push(Action::ApplyLate(number));
                    }
                }
                Stage::Applied | Stage::Over => {}
            }
        }
        for sent in &self.sent {
            if sent.is_on_its_way() {
                actions.push(Action::LoseResponse(sent.number));
            } else if sent.is_under_way() && sent.browser.is_some() && self.plan.may_hang_up {
                actions.push(Action::HangUp(sent.number));
            }
            if sent.is_under_way() && may_fail && self.over == Over::Memory {
                actions.push(Action::Crash(sent.number));
            }
        }
        if may_fail {
            actions.push(Action::TimeOut);
        }
        actions.extend(self.clock_moves());
        actions
    }

    /// Whether a call may be applied after its caller gave up.
    ///
    /// A creation may not: no condition could stop one that was slow.
    fn may_come_late(&self, number: usize) -> bool {
        let calls = self.house.shared.calls.lock().unwrap();
        !matches!(calls[number].ask, Ask::Save(_, _, None))
    }

    fn clock_moves(&self) -> Vec<Action> {
        let settings = &self.plan.settings;
        let is_quiet = !self
            .sent
            .iter()
            .any(|s| s.is_under_way() || s.is_on_its_way());
        let seconds = match settings.renewal_interval {
            // Nobody's response takes as long as a former secret is accepted.
            Some(_) if self.plan.is_honest && !is_quiet && self.moved >= 20 => vec![],
            Some(_) if self.plan.is_honest && !is_quiet => vec![3, 6],
            Some(interval) => vec![3, interval + 1],
            None if settings.limit.is_some() => vec![3, 61],
            None => vec![61],
        };
        seconds.into_iter().map(Action::MoveClock).collect()
    }

    fn stages(&self) -> Vec<(usize, Stage)> {
        let calls = self.house.shared.calls.lock().unwrap();
        let stages = calls.iter().map(|call| call.stage()).enumerate();
        stages.filter(|(_, stage)| *stage != Stage::Over).collect()
    }

    pub(super) async fn perform(&mut self, action: Action) {
        if action == Action::Start {
            let planned = self.plan.mixed[self.started].clone();
            self.started += 1;
            return self.start(&planned).await;
        }
        let what = self.describe(action);
        self.begin_step(what);
        let (storage, step) = (&self.house.storage, self.house.step());
        match action {
            Action::Release(call) => {
                storage.apply(call);
                storage.reply(call);
            }
            Action::Apply(call) => storage.apply(call),
            Action::Reply(call) => storage.reply(call),
            Action::FailBefore(call) => storage.fail(call),
            Action::LoseAnswer(call) => {
                let is_applied = storage.shared.calls.lock().unwrap()[call]
                    .applied_at
                    .is_some();
                if !is_applied {
                    storage.apply(call);
                }
                storage.fail(call);
            }
            Action::ApplyLate(call) => {
                storage.apply(call);
                // No cache in front of the storage hears of it: what it remembers is right again when it has asked.
                self.wait(STALENESS).await;
            }
            Action::Discard(call) => storage.shared.calls.lock().unwrap()[call].discard(),
            Action::Continue(number) => self.sent[number].go_on(),
            Action::Deliver(number) => self.deliver(number),
            Action::LoseResponse(number) => self.sent[number].is_delivered = true,
            Action::HangUp(number) => self.sent[number].hang_up(step),
            Action::Crash(number) => {
                storage.crash(number);
                self.sent[number].hang_up(step);
            }
            Action::MoveClock(seconds) => {
                self.moved += seconds;
                self.house.clock.advance(Duration::seconds(seconds));
            }
            Action::TimeOut => self.wait(TIMEOUT).await,
            Action::Wait => {
                self.house.clock.advance(Duration::SECOND);
                self.wait(StdDuration::from_secs(1)).await;
            }
            Action::Start => unreachable!("done above"),
        }
        if matches!(
            action,
            Action::FailBefore(_) | Action::LoseAnswer(_) | Action::Crash(_) | Action::TimeOut
        ) {
            self.faults = self.faults.saturating_sub(1);
        }
        self.end_step().await;
        if !self
            .sent
            .iter()
            .any(|s| s.is_under_way() || s.is_on_its_way())
        {
            self.moved = 0;
        }
    }

    fn deliver(&mut self, number: usize) {
        let sent = &mut self.sent[number];
        sent.is_delivered = true;
        if let (Some(browser), Some((end, _))) = (sent.browser, &sent.ended)
            && let super::run::End::Answered { said, .. } = end
        {
            said.keep(&mut self.jars[browser]);
        }
    }

    fn describe(&self, action: Action) -> String {
        match action {
            Action::Release(n)
            | Action::Apply(n)
            | Action::Reply(n)
            | Action::FailBefore(n)
            | Action::LoseAnswer(n)
            | Action::ApplyLate(n)
            | Action::Discard(n) => {
                let (caller, ask) = {
                    let call = &self.house.shared.calls.lock().unwrap()[n];
                    (call.caller, call.ask.clone())
                };
                let caller = caller.map_or("?".to_owned(), |number| number.to_string());
                format!("request {caller}: {action:?} {}", self.describe_ask(&ask))
            }
            _ => format!("{action:?}"),
        }
    }

    fn describe_ask(&self, ask: &Ask) -> String {
        match ask {
            Ask::Load(id) => format!("load {}", self.name(*id)),
            Ask::Save(id, _, None) => format!("create {}", self.name(*id)),
            Ask::Save(id, record, Some(version)) => {
                let owner = record.owner.as_deref().unwrap_or("nobody");
                let version = u64::from(*version);
                format!("save {} over {version}, of {owner}", self.name(*id))
            }
            Ask::Touch(id, ..) => format!("touch {}", self.name(*id)),
            Ask::Delete(id) => format!("delete {}", self.name(*id)),
            Ask::DeleteOwned(owner, Owned::All, _) => format!("delete all of {owner}"),
            Ask::DeleteOwned(owner, Owned::AllBut(id), _) => {
                format!("delete all of {owner} but {}", self.name(*id))
            }
            Ask::DeleteOwned(owner, Owned::One(id), _) => {
                format!("delete {} of {owner}", self.name(*id))
            }
            Ask::List(owner, _) => format!("list {owner}"),
        }
    }
}

//! Runs a schedule: lets one thing happen after another, as the choices say, and nothing between them.

use std::sync::atomic::Ordering;
use std::time::Duration as StdDuration;

use axum_bare_session::{Duration, OffsetDateTime, SessionId};

use super::actions::Action;
use super::browser::Cookie;
use super::choices::Choices;
use super::flaws::Flaw;
use super::house::{House, Sent};
use super::ledger::is_register;
use super::plan::{Brings, Over, Plan, Planned};
use super::run::{Called, End, Request, Run, Violation};
use super::script::Move;
use crate::support::Log;

/// After so many steps the schedule goes on without choices, so that it comes to an end.
const MAX_CHOSEN: usize = 120;
/// After so many it hangs.
const MAX_STEPS: usize = 1_500;
/// How often it waits a second where nothing else can happen.
const MAX_WAITS: usize = 30;

pub(super) struct Scheduler<'a> {
    pub(super) choices: &'a mut Choices,
    pub(super) plan: Plan,
    pub(super) over: Over,
    pub(super) house: House,
    pub(super) jars: Vec<Option<Cookie>>,
    pub(super) sent: Vec<Sent>,
    /// How many of the mixed requests were started.
    pub(super) started: usize,
    pub(super) faults: usize,
    /// How many seconds the clock moved since nothing was under way.
    pub(super) moved: i64,
    times: Vec<OffsetDateTime>,
    steps: Vec<String>,
    pub(super) found: Vec<Violation>,
}

/// Runs the schedule that the choices make.
pub(super) fn run(choices: &mut Choices, over: Over, flaw: Option<Flaw>) -> Run {
    let plan = Plan::draw(choices);
    play(plan, choices, None, over, flaw)
}

/// Runs a plan by these moves, or else as the choices say.
pub(super) fn play(
    plan: Plan,
    choices: &mut Choices,
    moves: Option<&[Move]>,
    over: Over,
    flaw: Option<Flaw>,
) -> Run {
    let log = Log::new();
    // Without I/O, and with a time that moves by hand.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let mut run = runtime.block_on(async {
        let mut scheduler = Scheduler {
            house: House::new(&plan.settings, over, flaw),
            jars: vec![None; plan.browsers],
            faults: plan.faults,
            choices,
            plan,
            over,
            sent: Vec::new(),
            started: 0,
            moved: 0,
            times: Vec::new(),
            steps: Vec::new(),
            found: Vec::new(),
        };
        scheduler.run(moves).await;
        scheduler.end()
    });
    drop(runtime);
    run.log = log.text();
    run
}

impl Scheduler<'_> {
    async fn run(&mut self, moves: Option<&[Move]>) {
        self.times.push(self.house.clock.now());
        for planned in self.plan.before.clone() {
            self.start(&planned).await;
            self.finish().await;
        }
        match moves {
            Some(moves) => {
                for made in moves {
                    self.make_move(*made).await;
                }
            }
            None => self.make_choices().await,
        }
        while self.started < self.plan.mixed.len() {
            self.finish().await;
            self.perform(Action::Start).await;
        }
        self.finish().await;
        self.probe_jars().await;
        self.probe_limit().await;
    }

    async fn make_choices(&mut self) {
        if let Some(interval) = self.plan.settings.renewal_interval
            && self.choices.chance(70)
        {
            self.perform(Action::MoveClock(interval + 1)).await;
        }
        while self.steps.len() < MAX_CHOSEN {
            let Some(action) = self.choose() else { break };
            self.perform(action).await;
        }
    }

    /// Lets happen whatever is still to happen, in order.
    pub(super) async fn finish(&mut self) {
        let mut waits = 0;
        while self.steps.len() < MAX_STEPS {
            let normal = self.normal_actions();
            if let Some(action) = normal.into_iter().find(|action| *action != Action::Start) {
                self.perform(action).await;
            } else if waits < MAX_WAITS && self.sent.iter().any(Sent::is_under_way) {
                waits += 1;
                self.perform(Action::Wait).await;
            } else {
                return;
            }
        }
    }

    /// Starts the next request.
    pub(super) async fn start(&mut self, planned: &Planned) {
        let number = self.sent.len();
        self.begin_step(format!("request {number} starts: {planned:?}"));
        let house = &self.house;
        let sent = match planned {
            Planned::Visit {
                browser,
                brings,
                ops,
            } => {
                let cookies = self.brought(*browser, *brings);
                let mut sent = house.send(number, cookies, ops.clone());
                sent.browser = Some(*browser);
                sent
            }
            Planned::RevokeAll(owner) => {
                let (sessions, owner) = (house.sessions(number), *owner);
                house.work(number, async move {
                    End::Revoked(sessions.revoke_all(owner).await.is_ok())
                })
            }
            Planned::RevokeOthers(owner, browser) => {
                let (sessions, owner) = (house.sessions(number), *owner);
                let kept = self.jars[*browser].clone();
                house.work(number, async move {
                    let keep = kept.unwrap_or_else(|| Cookie::forged(None)).id;
                    End::Revoked(sessions.revoke_others(owner, keep).await.is_ok())
                })
            }
        };
        self.sent.push(sent);
        self.end_step().await;
    }

    fn brought(&self, browser: usize, brings: Brings) -> Vec<Cookie> {
        let jar = self.jars[browser].clone();
        match brings {
            Brings::Jar => jar.into_iter().collect(),
            Brings::JarAnd(other) => jar.into_iter().chain(self.jars[other].clone()).collect(),
            Brings::Forged => vec![Cookie::forged(None)],
            Brings::WrongSecret => vec![Cookie::forged(jar.map(|cookie| cookie.id))],
        }
    }

    pub(super) fn begin_step(&mut self, what: String) {
        self.steps.push(what);
        self.house.shared.step.fetch_add(1, Ordering::Relaxed);
        // So that two ids and two log-ins are never of the same moment, and come in the same order in every run.
        self.house.clock.advance(Duration::MILLISECOND);
    }

    /// Lets every task go on until it waits for the schedule.
    pub(super) async fn end_step(&mut self) {
        for _ in 0..3 {
            // Comes back when no other task can go on.
            tokio::task::yield_now().await;
        }
        let step = self.house.step();
        for sent in &mut self.sent {
            sent.look(step).await;
        }
        self.times.push(self.house.clock.now());
        self.check_limit();
    }

    pub(super) async fn wait(&mut self, time: StdDuration) {
        tokio::time::advance(time).await;
    }

    fn end(self) -> Run {
        let step = self.house.step();
        let calls = self.house.shared.calls.lock().unwrap();
        let called = calls.iter().filter_map(|call| {
            Some(Called {
                caller: call.caller,
                id: call.ask.id(),
                applied_at: call.applied_at?,
            })
        });
        let requests = self.sent.iter().map(|sent| {
            let (end, ended_at) = sent.ended.clone().unwrap_or((End::Hangs, step));
            Request {
                number: sent.number,
                brought: sent.brought.clone(),
                started_at: sent.started_at,
                notes: sent.notes(),
                end,
                ended_at,
            }
        });
        Run {
            requests: requests.collect(),
            calls: called.collect(),
            ledger: std::mem::take(&mut self.house.shared.ledger.lock().unwrap()),
            times: self.times,
            had_faults: self.faults < self.plan.faults,
            plan: self.plan,
            over: self.over,
            found: self.found,
            steps: self.steps,
            log: String::new(),
        }
    }

    /// A record's name that is the same in every run.
    pub(super) fn name(&self, id: SessionId) -> String {
        if is_register(id) {
            return "a register".to_owned();
        }
        let ledger = self.house.shared.ledger.lock().unwrap();
        let created = ledger
            .changes
            .iter()
            .filter(|change| change.before.is_none());
        let mut ids = created
            .map(|change| change.id)
            .filter(|id| !is_register(*id));
        let position = ids.position(|known| known == id);
        position.map_or("another session".to_owned(), |n| format!("session {n}"))
    }
}

//! The periodic renewal of a session's secret by derivation, an honest browser, and a thief: rules 8a and 25.
//!
//! Read in this order: `record`, and here the model itself.
//!
//! **Bounds.** One session, which one honest browser has, and in some runs a thief, who copies the browser's cookie once, at any
//! moment. Each sends a few requests, at most three of the browser's and one of the thief's at a time; their handlers only read,
//! so that all that is saved is the renewal's. What the browser sends or is sent arrives within the grace, in any order, or
//! never; handlers take any time. The interval is as short as the grace, or twice as long. A run begins with a session that is
//! new, or with one that was just renewed and whose browser did not get the answer. Alone, the answer of one save may be lost,
//! applied or not.

mod properties;
mod record;

use stateright::{Model, Property};

use self::record::{ASTRAY, Former, GRACE, Judged, Plan, Record, Secret};
use crate::mechanisms::Mechanisms;
use crate::storage::{Saved, Storage, Stored};

const SESSION: u8 = 0;

/// A session with periodic renewal.
#[derive(Clone, Debug)]
pub struct Renewal {
    pub mechanisms: Mechanisms,
    /// How many requests the browser sends, and how many the thief.
    pub sends: [u8; 2],
    pub faults: u8,
    /// How old a secret gets before it is renewed, in half graces.
    pub interval: u8,
    /// When the clock stops, in half graces.
    pub last: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
    Browser,
    Thief,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    now: u8,
    storage: Storage<Record>,
    /// The cookie that the browser has, and the one that the thief has.
    jars: [Option<Secret>; 2],
    /// In an order that says nothing.
    requests: Vec<Request>,
    sends: [u8; 2],
    faults: u8,
    /// When a request with the n-th secret was first answered.
    first_uses: Vec<Option<u8>>,
    seen: Seen,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Request {
    who: Who,
    brings: Secret,
    stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Stage {
    /// On its way to the server since then.
    Sent(u8),
    /// Its handler works, with the session as it was opened.
    Open(u8, Record),
    /// All is saved; the response is to be made, with this secret if it may go out.
    Door(Secret),
    /// On its way to the browser since then, with a cookie.
    Answered(u8, Secret),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Seen {
    stolen: bool,
    /// The thief's copy led to an accusation.
    told: bool,
    browser_accused: bool,
    browser_lost: bool,
    former_untold: bool,
    sent_unstored: bool,
    sent_again: bool,
    opened_in_grace: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Answered,
    LostBefore,
    LostAfter,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Send(Who),
    Steal,
    /// The request at this place arrives, and loads the session.
    Open(usize, Who, Secret),
    /// Its next save.
    Commit(usize, Who, Secret, Fate),
    /// Its response is made.
    Answer(usize, Who, Secret),
    /// The response arrives.
    Deliver(usize, Who, Secret),
    /// The request or its response never arrives.
    Lose(usize),
    TimePasses,
}

impl Model for Renewal {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let new = Record {
            digest: 0,
            renewed_at: 0,
            formers: Vec::new(),
        };
        let former = Former {
            secret: 0,
            used_at: None,
        };
        let renewed = Record {
            digest: 1,
            renewed_at: 0,
            formers: vec![former],
        };
        [new, renewed].map(|record| State::of(record, self)).into()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (who, most) in [(Who::Browser, 3), (Who::Thief, 1)] {
            let under_way = state
                .requests
                .iter()
                .filter(|request| request.who == who)
                .count();
            let has_cookie = state.jars[who as usize].is_some();
            if has_cookie && state.sends[who as usize] > 0 && under_way < most {
                actions.push(Action::Send(who));
            }
        }
        if state.sends[Who::Thief as usize] > 0 && !state.seen.stolen {
            actions.push(Action::Steal);
        }
        for (place, Request { who, brings, stage }) in state.requests.iter().enumerate() {
            match stage {
                Stage::Sent(_) => {
                    actions.extend([Action::Open(place, *who, *brings), Action::Lose(place)]);
                }
                Stage::Open(..) => {
                    actions.push(Action::Commit(place, *who, *brings, Fate::Answered));
                    if state.faults > 0 {
                        actions.push(Action::Commit(place, *who, *brings, Fate::LostBefore));
                        actions.push(Action::Commit(place, *who, *brings, Fate::LostAfter));
                    }
                }
                Stage::Door(secret) => actions.push(Action::Answer(place, *who, *secret)),
                Stage::Answered(_, secret) => {
                    actions.extend([Action::Deliver(place, *who, *secret), Action::Lose(place)]);
                }
            }
        }
        if state.now < self.last
            && state
                .requests
                .iter()
                .all(|request| request.can_wait(state.now))
        {
            actions.push(Action::TimePasses);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Send(who) => {
                state.sends[who as usize] -= 1;
                let brings = state.jars[who as usize].expect("it has a cookie");
                let stage = Stage::Sent(state.now);
                state.requests.push(Request { who, brings, stage });
            }
            Action::Steal => {
                state.jars[Who::Thief as usize] = state.jars[Who::Browser as usize];
                state.seen.stolen = true;
            }
            Action::Open(place, ..) => state.open(place, &self.mechanisms),
            Action::Commit(place, _, _, fate) => {
                state.faults -= u8::from(fate != Fate::Answered);
                state.commit(place, fate, self);
            }
            Action::Answer(place, ..) => state.answer(place, &self.mechanisms),
            Action::Deliver(place, who, secret) => {
                state.jars[who as usize] = Some(secret);
                state.requests.remove(place);
            }
            Action::Lose(place) => {
                state.requests.remove(place);
            }
            Action::TimePasses => state.now += 1,
        }
        state.requests.sort();
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }
}

impl Request {
    /// Whether half a grace may pass: the network keeps nothing of the browser's for longer than the grace.
    fn can_wait(&self, now: u8) -> bool {
        match self.stage {
            Stage::Sent(since) | Stage::Answered(since, _) => {
                self.who == Who::Thief || now + 1 < since + GRACE
            }
            Stage::Open(..) | Stage::Door(_) => true,
        }
    }
}

impl State {
    fn of(record: Record, model: &Renewal) -> Self {
        Self {
            now: 0,
            storage: Storage::new([(SESSION, record)]),
            jars: [Some(0), None],
            requests: Vec::new(),
            sends: model.sends,
            faults: model.faults,
            first_uses: Vec::new(),
            seen: Seen::default(),
        }
    }

    /// Loads the session and judges the secret.
    fn open(&mut self, place: usize, mechanisms: &Mechanisms) {
        let Request { who, brings, .. } = self.requests[place];
        let stored = self.storage.load(SESSION).cloned();
        let judged = stored.as_ref().map_or(Judged::Unknown, |stored| {
            stored.record.judge(brings, self.now, mechanisms)
        });
        match (judged, stored) {
            (Judged::Stolen, _) => {
                self.storage.delete(SESSION);
                self.seen.told |= self.seen.stolen;
                self.seen.browser_accused |= !self.seen.stolen;
                self.requests.remove(place);
            }
            (Judged::Unknown, _) | (_, None) => {
                self.seen.browser_lost |= who == Who::Browser && !self.seen.stolen;
                self.requests.remove(place);
            }
            (_, Some(Stored { version, record })) => {
                let next = usize::from(brings) + 1;
                let first_use = self.first_uses.get(next).copied().flatten();
                self.seen.former_untold |= first_use.is_some_and(|at| self.now >= at + GRACE);
                self.seen.opened_in_grace |= judged == Judged::InGrace;
                self.requests[place].stage = Stage::Open(version, record);
            }
        }
    }

    /// Makes the request's next save, if it has any to make.
    fn commit(&mut self, place: usize, fate: Fate, model: &Renewal) {
        let Request {
            brings,
            stage: Stage::Open(version, record),
            ..
        } = self.requests[place].clone()
        else {
            unreachable!("it is open")
        };
        let (record, cookie) = match record.plan(brings, self.now, model) {
            Plan::Nothing(cookie) => return self.saved(place, cookie),
            Plan::Save(record, cookie) => (record, cookie),
        };
        let saved = match fate {
            Fate::LostBefore => None,
            _ => Some(self.storage.save(SESSION, record, Some(version))),
        };
        match saved {
            Some(Saved::Done) if fate == Fate::Answered => self.saved(place, cookie),
            // Derived, with a nonce that is stored nowhere.
            Some(Saved::Conflict(Some(_)))
                if cookie.is_some() && !model.mechanisms.digest_check =>
            {
                self.saved(place, Some(ASTRAY));
            }
            Some(Saved::Conflict(Some(Stored { version, record }))) if fate == Fate::Answered => {
                self.requests[place].stage = Stage::Open(version, record);
            }
            // The session has ended, or nobody knows whether it is saved: the response is an error, without a cookie.
            _ => {
                self.requests.remove(place);
            }
        }
    }

    /// All is saved: the response can be made, and is of interest if it is to have a cookie.
    fn saved(&mut self, place: usize, cookie: Option<Secret>) {
        let brings = usize::from(self.requests[place].brings);
        if self.first_uses.len() <= brings {
            self.first_uses.resize(brings + 1, None);
        }
        self.first_uses[brings].get_or_insert(self.now);
        match cookie {
            Some(cookie) => self.requests[place].stage = Stage::Door(cookie),
            None => {
                self.requests.remove(place);
            }
        }
    }

    /// Makes the response: a secret goes out only if its digest is the stored one, and it is nobody's yet.
    fn answer(&mut self, place: usize, mechanisms: &Mechanisms) {
        let Stage::Door(cookie) = self.requests[place].stage else {
            unreachable!("it is at the door")
        };
        let record = self.storage.load(SESSION).map(|stored| &stored.record);
        let is_stored = record.is_some_and(|record| record.digest == cookie);
        let is_used = record
            .and_then(|record| record.formers.last())
            .is_some_and(|former| former.used_at.is_some());
        let may_go = !mechanisms.looks_again
            || ((is_stored || !mechanisms.digest_check)
                && (!is_used || !mechanisms.sends_unused_only));
        if !may_go {
            self.requests.remove(place);
            return;
        }
        self.seen.sent_unstored |= !is_stored;
        self.seen.sent_again |= self.jars.contains(&Some(cookie));
        self.requests[place].stage = Stage::Answered(self.now, cookie);
    }
}

//! The periodic renewal of a session's secret by derivation, an honest browser, and a thief: rules 8a and 25.
//!
//! Read in this order: `record`, `request`, and here the model itself.
//!
//! **Bounds.** One session, which one honest browser has, and in some runs a thief, who copies the browser's cookie
//! once, at any moment. Each sends a few requests, at most three of the browser's and one of the thief's at a time;
//! their handlers only read, so that all that is saved is the renewal's. What the browser sends or is sent arrives
//! within the grace, in any order, or never; handlers take any time. The interval is as short as the grace, or twice as
//! long. A run begins with a session that is new, or with one that was just renewed and whose browser did not get the
//! answer. Alone, the answer of one save may be lost, applied or not.

mod properties;
mod record;
mod request;

use std::fmt;

use stateright::{Model, Property};

use self::record::{Former, Record, Secret};
use self::request::{Request, Stage};
use crate::mechanisms::Mechanisms;
use crate::storage::Storage;

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

#[derive(Clone, PartialEq, Eq, Hash)]
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
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stored = self.storage.load(SESSION).map(|stored| &stored.record);
        write!(f, "{stored:?} at {}, cookies {:?}", self.now, self.jars)
    }
}

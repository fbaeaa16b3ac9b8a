//! A session that is bound to a device: registrations and refreshes among writes, log-ins and the end.
//!
//! **Bounds.** One session, to which its browser has just been offered a binding. Four requests, each with one of
//! [`WORKS`] (each set of four once). A request loads the record, and then saves it, as often as that conflicts; both
//! at any time. All bring the secret that the session had when they loaded it, two of them a key each. No clock:
//! offers, challenges and bound cookies do not end, and there is no grace.

mod properties;

use std::fmt;

use stateright::{Model, Property};

use crate::mechanisms::Mechanisms;
use crate::storage::{Id, Saved, Storage, Stored};

const SESSION: Id = 0;

/// The public key of a device.
pub type Key = u8;

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// Registers this key, with the challenge of the offer that it loaded.
    Register(Key),
    /// Proves to have this key.
    Refresh(Key),
    /// Comes with the secret, and proves nothing.
    Open,
    Write,
    LogIn,
    End,
}

pub const WORKS: [Work; 7] = [
    Work::Register(1),
    Work::Register(2),
    Work::Refresh(1),
    Work::Open,
    Work::Write,
    Work::LogIn,
    Work::End,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// Each log-in draws another one, and makes another offer with it.
    secret: u8,
    writes: u8,
    /// The key, and the secret that came with it.
    bound: Option<(Key, u8)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Waiting,
    /// The record as it was opened, and as it was last found.
    Loaded(Stored<Record>, Stored<Record>),
    Done,
}

/// A session, and four requests.
#[derive(Clone, Debug)]
pub struct Binding {
    pub mechanisms: Mechanisms,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct State {
    sessions: Storage<Record>,
    requests: [(Work, Stage); 4],
    seen: Seen,
}

/// What an observer has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Seen {
    /// The keys that were told to be registered, and the secrets that came with them.
    registered: Vec<(Key, u8)>,
    refused: bool,
    refreshed: bool,
    /// Somebody without proof was inside a bound session.
    inside: bool,
    /// A refresh was answered for a session that had ended, or for another key.
    refreshed_in_vain: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Load(usize),
    Save(usize),
}

impl Model for Binding {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut states = Vec::new();
        let sets = |from: usize| (from..WORKS.len()).map(|place| (place, WORKS[place]));
        for (a, first) in sets(0) {
            for (b, second) in sets(a) {
                for (c, third) in sets(b) {
                    for (_, fourth) in sets(c) {
                        states.push(State::of([first, second, third, fourth]));
                    }
                }
            }
        }
        states
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (place, (_, stage)) in state.requests.iter().enumerate() {
            match stage {
                Stage::Waiting => actions.push(Action::Load(place)),
                Stage::Loaded(..) => actions.push(Action::Save(place)),
                Stage::Done => {}
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Load(place) => state.load(place, &self.mechanisms),
            Action::Save(place) => state.save(place, &self.mechanisms),
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

impl State {
    fn of(works: [Work; 4]) -> Self {
        let record = Record {
            secret: 0,
            writes: 0,
            bound: None,
        };
        Self {
            sessions: Storage::new([(SESSION, record)]),
            requests: works.map(|work| (work, Stage::Waiting)),
            seen: Seen::default(),
        }
    }

    fn load(&mut self, place: usize, mechanisms: &Mechanisms) {
        let work = self.requests[place].0;
        let loaded = self.sessions.load(SESSION).cloned();
        let bound = loaded.as_ref().and_then(|it| it.record.bound);
        let needs_proof = bound.is_some() && mechanisms.requires_proof;
        let stage = match (work, &loaded) {
            (Work::Refresh(key), _) => {
                let is_bound = bound.is_some_and(|(bound, _)| bound == key);
                // On the strength of the key alone, which was known once.
                let is_known = self.seen.registered.iter().any(|(known, _)| *known == key);
                let is_answered = is_bound || (is_known && !mechanisms.session_first);
                self.seen.refreshed |= is_bound;
                self.seen.refreshed_in_vain |= is_answered && !is_bound;
                Stage::Done
            }
            (Work::Open, Some(_)) => {
                self.seen.inside |= bound.is_some() && !needs_proof;
                Stage::Done
            }
            // A log-in and an end come from the browser, which proves what it has to.
            (_, Some(loaded)) => Stage::Loaded(loaded.clone(), loaded.clone()),
            (_, None) => Stage::Done,
        };
        self.requests[place].1 = stage;
    }

    fn save(&mut self, place: usize, mechanisms: &Mechanisms) {
        let (work, Stage::Loaded(opened, found)) = self.requests[place].clone() else {
            return;
        };
        let (then, now) = (opened.record, found.record);
        // Who knew the secret before a log-in changes nothing of what is bound after it.
        let is_same_offer = then.secret == now.secret || !mechanisms.same_offer;
        let record = match work {
            Work::Register(key) if now.bound.is_none() && is_same_offer => Record {
                bound: Some((key, then.secret)),
                ..now
            },
            Work::Write => Record {
                writes: now.writes + 1,
                ..now
            },
            Work::LogIn if then.secret == now.secret => Record {
                secret: now.secret + 1,
                bound: None,
                ..now
            },
            Work::End => {
                self.sessions.delete(SESSION);
                self.requests[place].1 = Stage::Done;
                return;
            }
            _ => {
                self.seen.refused |= matches!(work, Work::Register(_));
                self.requests[place].1 = Stage::Done;
                return;
            }
        };
        let saved = if mechanisms.condition {
            self.sessions.save(SESSION, record, Some(found.version))
        } else {
            self.sessions.save_anyway(SESSION, record);
            Saved::Done
        };
        self.requests[place].1 = match saved {
            Saved::Conflict(Some(current)) => Stage::Loaded(opened, current),
            Saved::Conflict(None) => Stage::Done,
            Saved::Done => {
                if let Work::Register(key) = work {
                    self.seen.registered.push((key, then.secret));
                }
                Stage::Done
            }
        };
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let works = self.requests.each_ref().map(|(work, _)| work);
        let session = self.sessions.load(SESSION).map(|stored| stored.record);
        write!(f, "{session:?}, {works:?}, {:?}", self.seen)
    }
}

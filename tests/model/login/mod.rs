//! Log-ins and log-outs as a browser and an attacker see them, by the cookies: rules 6a, 8a, 14 and 15.
//!
//! Read in this order: `record`, `request`, and here the model itself.
//!
//! **Bounds.** One browser with a session's cookie; in some runs the session's secret was just renewed by the clock and
//! its browser did not get the answer, or somebody planted a second cookie of the same name, of a session of the
//! attacker's or invented. Three requests, each with one of [`WORKS`] (each set of three once); the attacker's brings
//! the secret that the browser has at first. What the browser sends or is sent arrives in any order, or never, but a
//! response and the next request together take less than a minute, which is three steps of the clock; handlers take any
//! time.
//!
//! **What the protocol does not keep**, and the model shows: where a log-in's response is overtaken by that of a
//! request which was sent before, and which has a cookie of its own, the browser is left with that cookie, and so
//! without its log-in. Two such: a secret that a periodic renewal sends again; and a new session, where the cookies
//! that the browser had open none.

mod properties;
mod record;
mod request;

use std::fmt;

use stateright::{Model, Property};

use self::record::{ATTACKERS, Cookie, FIRST, FORMER, INVENTED, Session};
use self::request::{Request, Stage, Work};
use crate::mechanisms::Mechanisms;
use crate::storage::{Id, Storage};

/// The browser's session, and the attacker's.
const SESSION: Id = 0;
const ATTACKERS_SESSION: Id = 1;

/// What a request's handler does, or whose request it is.
pub const WORKS: [Work; 5] = [
    Work::Read,
    Work::Write,
    Work::LogIn,
    Work::LogOut,
    Work::Attack,
];

/// What a run begins with, beside the browser's session and its cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Start {
    Usual,
    /// The session's secret was renewed by the clock, and the browser did not get the answer.
    Renewed,
    /// Somebody planted a cookie of the attacker's session.
    Planted,
    /// Somebody planted a cookie with an invented secret.
    Invented,
}

const STARTS: [Start; 4] = [
    Start::Usual,
    Start::Renewed,
    Start::Planted,
    Start::Invented,
];

/// A browser, its cookies, and three requests.
#[derive(Clone, Debug)]
pub struct LogIn {
    pub mechanisms: Mechanisms,
    /// For how many steps of the clock a superseded secret is known.
    pub known_for: u8,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct State {
    start: Start,
    now: u8,
    sessions: Storage<Session>,
    /// The cookie of our name that our responses set.
    cookie: Option<Cookie>,
    /// Another one of our name, that somebody planted.
    planted: Option<Cookie>,
    requests: [Request; 3],
    seen: Seen,
}

/// What an observer has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Seen {
    /// The browser has had the cookie of its log-in.
    logged_in: bool,
    attacker_inside: bool,
    wrote_into_attackers: bool,
    trapped: bool,
    sent_unstored: bool,
    superseded_refused: bool,
    ended_several: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Send(usize),
    /// The request arrives; its cookies are judged.
    Open(usize),
    /// Its handler is done: its storage call.
    Commit(usize),
    /// Its response is made.
    Answer(usize),
    Deliver(usize),
    /// The request or its response never arrives.
    Lose(usize),
    TimePasses,
}

impl Model for LogIn {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut states = Vec::new();
        for start in STARTS {
            for (place, first) in WORKS.iter().enumerate() {
                for (next, second) in WORKS.iter().enumerate().skip(place) {
                    for third in &WORKS[next..] {
                        states.push(State::of([*first, *second, *third], start));
                    }
                }
            }
        }
        states
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (place, request) in state.requests.iter().enumerate() {
            match &request.stage {
                Stage::Waiting => actions.push(Action::Send(place)),
                Stage::Sent(..) => actions.extend([Action::Open(place), Action::Lose(place)]),
                Stage::Open(..) => actions.push(Action::Commit(place)),
                Stage::Door(_) => actions.push(Action::Answer(place)),
                Stage::Answered(..) => {
                    actions.extend([Action::Deliver(place), Action::Lose(place)])
                }
                Stage::Done => {}
            }
        }
        let end = self.known_for + 1;
        let in_time = |request: &Request| request.can_wait(state.now);
        if state.now < end && state.requests.iter().all(in_time) {
            actions.push(Action::TimePasses);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Send(place) => {
                let jar = [last.planted, last.cookie].into_iter().flatten();
                let cookies = match last.requests[place].work {
                    Work::Attack => vec![Cookie {
                        id: SESSION,
                        secret: FIRST,
                    }],
                    _ => jar.collect(),
                };
                state.requests[place].stage = Stage::Sent(last.now, cookies);
            }
            Action::Open(place) => state.open(place, self),
            Action::Commit(place) => state.commit(place, self),
            Action::Answer(place) => state.answer(place, self),
            Action::Deliver(place) => state.deliver(place),
            Action::Lose(place) => state.requests[place].stage = Stage::Done,
            Action::TimePasses => state.now += 1,
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

impl State {
    fn of(works: [Work; 3], start: Start) -> Self {
        let attackers = (ATTACKERS_SESSION, Session::new(ATTACKERS, true));
        let mut session = Session::new(FIRST, false);
        session.former = (start == Start::Renewed).then_some(FORMER);
        let secret = session.former.unwrap_or(FIRST);
        Self {
            start,
            now: 0,
            sessions: Storage::new([(SESSION, session), attackers]),
            cookie: Some(Cookie {
                id: SESSION,
                secret,
            }),
            planted: match start {
                Start::Usual | Start::Renewed => None,
                Start::Planted => Some(Cookie {
                    id: ATTACKERS_SESSION,
                    secret: ATTACKERS,
                }),
                Start::Invented => Some(Cookie {
                    id: 7,
                    secret: INVENTED,
                }),
            },
            requests: works.map(|work| Request {
                work,
                stage: Stage::Waiting,
            }),
            seen: Seen::default(),
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let works: Vec<_> = self.requests.iter().map(|request| request.work).collect();
        let ids: Vec<_> = self.sessions.list().map(|(id, _)| id).collect();
        let Self { start, cookie, .. } = self;
        write!(
            f,
            "{start:?}, {cookie:?}, sessions {ids:?}, requests {works:?}"
        )
    }
}

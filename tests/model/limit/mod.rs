//! The limit of an owner's sessions, held by reservation: rule 26.
//!
//! Read in this order: `register`, `way`, `request`, and here the model itself.
//!
//! **Bounds.** Owner O may have one session or two, and has none or as many as allowed; beside these one session is
//! nobody's. Three requests, each with one of a model's works (each set of three once); each opens its session with the
//! secret that is right then. All of [`WORKS`] are checked within a moment, with one fault: the answer of a save that
//! is lost, applied or not, or a crash between two calls. [`LOG_INS`] (with one session of which the oldest ends, only
//! the first of them) are checked with a clock that moves by half a minute, twice, and requests that stop for as long.
//! A call whose answer is lost was made or not; none is carried out later. From a look at the clock to the end of the
//! next call it takes less than half a minute.

mod properties;
mod register;
mod request;
mod way;

use std::fmt;

use stateright::{Model, Property};

pub use self::register::AtLimit;
use self::register::{NOBODY, Owner, Reservation, Session, Token};
pub use self::way::Work;
use self::way::{Answer, Fate, Request, Stage};
use crate::mechanisms::Mechanisms;
use crate::storage::{Id, Storage};

/// Nobody's session, at first.
const VISITORS: Id = 5;
/// O's oldest session, where O has any.
const OLDEST: Id = 10;

/// What a request may be about.
pub const WORKS: [Work; 7] = [
    Work::New,
    Work::In(VISITORS),
    Work::In(OLDEST),
    Work::OtherIn(OLDEST),
    Work::Out(OLDEST),
    Work::OutKeeping(OLDEST),
    Work::OutKeeping(VISITORS),
];

/// Those that a reservation's age matters to.
pub const LOG_INS: [Work; 2] = [Work::New, Work::In(VISITORS)];

/// An owner with a limit, and three requests.
#[derive(Clone, Debug)]
pub struct Limit {
    pub mechanisms: Mechanisms,
    pub max: usize,
    pub at_limit: AtLimit,
    /// How many answers may be lost and processes crash in a run.
    pub faults: u8,
    /// For how many half minutes a run goes on.
    pub half_minutes: u8,
    /// What the requests may be about.
    pub works: &'static [Work],
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct State {
    now: u8,
    sessions: Storage<Session>,
    registers: Storage<Vec<Reservation>>,
    requests: [Request; 3],
    faults: u8,
    seen: Seen,
}

/// What an observer has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Seen {
    /// Whose reservations were stored, in this order.
    admitted: Vec<Token>,
    visible_before_admission: bool,
    taken_back: bool,
    others_session_ended: bool,
    locked_out: bool,
    ended_for_another: bool,
    refused: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The next storage call of a request.
    Call(Token, Fate),
    Crash(Token),
    HalfAMinutePasses,
}

impl Limit {
    /// Whether another session than those that are listed may be, or one of these can end for it.
    fn has_room(&self, listed: &[(Id, Session)], session: Id) -> bool {
        let others = listed.iter().filter(|(id, _)| *id != session).count();
        self.at_limit == AtLimit::EndOldest || others < self.max
    }
}

impl Model for Limit {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut states = Vec::new();
        for sessions in [0, self.max] {
            for (place, first) in self.works.iter().enumerate() {
                for (next, second) in self.works.iter().enumerate().skip(place) {
                    for third in &self.works[next..] {
                        states.push(State::of([*first, *second, *third], sessions, self.faults));
                    }
                }
            }
        }
        states
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (place, request) in state.requests.iter().enumerate() {
            let is_save = match request.stage {
                Stage::Ended(_) => continue,
                Stage::Reserve(..) | Stage::Save(..) => true,
                _ => false,
            };
            actions.push(Action::Call(place, Fate::Answered));
            if state.faults > 0 {
                if is_save {
                    actions.push(Action::Call(place, Fate::LostBefore));
                    actions.push(Action::Call(place, Fate::LostAfter));
                }
                if request.stage != Stage::Sent {
                    actions.push(Action::Crash(place));
                }
            }
        }
        if state.now < self.half_minutes {
            actions.push(Action::HalfAMinutePasses);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Call(place, fate) => {
                state.faults -= u8::from(fate != Fate::Answered);
                state.requests[place].stage = state.step(place, fate, self);
            }
            Action::Crash(place) => {
                state.faults -= 1;
                state.requests[place].stage = Stage::Ended(Answer::None);
            }
            Action::HalfAMinutePasses => state.now += 1,
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }
}

impl State {
    fn of(works: [Work; 3], sessions: usize, faults: u8) -> Self {
        let session = |owner| Session {
            owner,
            logged_in_at: 0,
            logged_in_by: NOBODY,
        };
        let owned = (OLDEST..)
            .take(sessions)
            .map(|id| (id, session(Some(Owner::O))));
        let visitors = (VISITORS, session(None));
        Self {
            now: 0,
            sessions: Storage::new(owned.chain([visitors])),
            registers: Storage::new([]),
            requests: works.map(|work| Request {
                work,
                stage: Stage::Sent,
            }),
            faults,
            seen: Seen::default(),
        }
    }

    /// The sessions of O.
    fn live(&self) -> Vec<(Id, Session)> {
        let owned = self
            .sessions
            .list()
            .filter(|(_, session)| session.owner == Some(Owner::O));
        owned.map(|(id, session)| (id, *session)).collect()
    }
}

impl Seen {
    /// Takes down that the log-in of `place` ended a session.
    fn note_end(&mut self, place: Token, session: Session) {
        self.ended_for_another = true;
        self.others_session_ended |= session.owner != Some(Owner::O);
        let order = |token| self.admitted.iter().position(|admitted| *admitted == token);
        self.taken_back |= order(session.logged_in_by) > order(place);
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let live: Vec<_> = self.live().into_iter().map(|(id, _)| id).collect();
        write!(f, "live {live:?}, requests")?;
        for Request { work, stage } in &self.requests {
            match stage {
                Stage::Ended(answer) => write!(f, " {work:?}: {answer:?}")?,
                Stage::Sent => write!(f, " {work:?}")?,
                _ => write!(f, " {work:?}: under way")?,
            }
        }
        Ok(())
    }
}

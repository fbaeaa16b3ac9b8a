//! The values of one session and its owner: rules 3, 4, 5, 6, 6a and 8.
//!
//! Read in this order: `record`, `plan`, `request`, `serial`, and here the model itself.
//!
//! **Bounds.** One session of owner A. Three requests of one browser, each with one of [`WORKS`] (each set of three
//! once), opened in any order with the first secret or with one that an answered renewal has sent. One revocation of
//! what A owns, at any moment. In a run two faults: answers of storage calls that are lost, applied or not, or crashes
//! between two calls. A request sends a save again once, and tries again over others twice. A record keeps one mark
//! instead of 16. All is within a minute.

mod plan;
mod properties;
mod record;
mod request;
mod serial;

use std::fmt;

use stateright::{Model, Property};

use self::record::{Key, Operation, Owner, Record, Secret};
use self::request::{Answer, Fate, SESSION, Stage, Step};
use crate::mechanisms::Mechanisms;
use crate::storage::Storage;

/// What the handler of a request does.
pub const WORKS: [&[Operation]; 12] = {
    use Key::{Cart, Note};
    use Operation::{Add, Clear, LogIn, LogOut, LogOutKeeping, Renew, Set};
    [
        &[],
        &[Set(Cart)],
        &[Add(Cart)],
        &[Set(Cart), Set(Note)],
        &[Set(Note), Add(Cart)],
        &[Clear],
        &[Renew],
        &[LogIn(Owner::A)],
        &[LogIn(Owner::B)],
        &[LogIn(Owner::B), Set(Note)],
        &[LogOut],
        &[LogOutKeeping],
    ]
};

/// One session, three requests, and a revocation.
#[derive(Clone, Debug)]
pub struct Values {
    pub mechanisms: Mechanisms,
    /// How many answers may be lost and processes crash in a run.
    pub faults: u8,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct State {
    storage: Storage<Record>,
    requests: [Request; 3],
    revocation: Revocation,
    faults: u8,
    seen: Seen,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Request {
    work: &'static [Operation],
    stage: Stage,
    /// Which requests were answered before this one was sent, as bits.
    after: u8,
    /// How many saves of it were made.
    applied: u8,
}

/// `delete_owned(A, All)`. One call, but without its condition it lists first and deletes then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Revocation {
    Waiting,
    Listed,
    Done,
}

/// What an observer of the storage has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Seen {
    ended: bool,
    others_session_revoked: bool,
    renewed_key_overwritten: bool,
    former_owners_write: bool,
    digest_without_renewal: bool,
    replayed: bool,
    late_applied: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Request `0` is opened, with this secret.
    Open(usize, Secret),
    /// The next storage call of request `0`'s commit.
    Commit(usize, Fate),
    Crash(usize),
    Revoke,
}

impl Model for Values {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut states = Vec::new();
        for (place, first) in WORKS.iter().enumerate() {
            for (next, second) in WORKS.iter().enumerate().skip(place) {
                for third in &WORKS[next..] {
                    states.push(State::of([first, second, third], self.faults));
                }
            }
        }
        states
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (place, request) in state.requests.iter().enumerate() {
            match request.stage {
                Stage::Ended(_) => continue,
                Stage::Sent => {
                    let secrets = state.known_secrets();
                    actions.extend(secrets.map(|secret| Action::Open(place, secret)));
                    continue;
                }
                Stage::Open(_) | Stage::LoggingOut { .. } => {}
            }
            actions.push(Action::Commit(place, Fate::Answered));
            if state.faults > 0 {
                actions.push(Action::Commit(place, Fate::LostBefore));
                actions.push(Action::Commit(place, Fate::LostAfter));
                actions.push(Action::Crash(place));
            }
        }
        if state.revocation != Revocation::Done {
            actions.push(Action::Revoke);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Open(place, secret) => {
                state.requests[place].after = last.answered();
                let operations = last.requests[place].work;
                state.requests[place].stage = request::open(&last.storage, operations, secret);
            }
            Action::Commit(place, fate) => {
                state.faults -= u8::from(fate != Fate::Answered);
                let step = state.commit(place, fate, &self.mechanisms);
                state.note(place, last, step);
            }
            Action::Crash(place) => {
                state.faults -= 1;
                state.requests[place].stage = Stage::Ended(Answer::None);
            }
            Action::Revoke => state.revoke(&self.mechanisms),
        }
        let is_there = state.storage.load(SESSION).is_some();
        state.seen.ended |= last.storage.load(SESSION).is_some() && !is_there;
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stored = self
            .storage
            .load(SESSION)
            .map(|stored| stored.record.content);
        write!(f, "{stored:?}, requests")?;
        for Request { work, stage, .. } in &self.requests {
            match stage {
                Stage::Ended(answer) => write!(f, " {work:?}: {answer:?}")?,
                Stage::Sent => write!(f, " {work:?}")?,
                Stage::Open(_) | Stage::LoggingOut { .. } => write!(f, " {work:?}: open")?,
            }
        }
        Ok(())
    }
}

impl State {
    fn of(works: [&'static [Operation]; 3], faults: u8) -> Self {
        let sent = |work| Request {
            work,
            stage: Stage::Sent,
            after: 0,
            applied: 0,
        };
        Self {
            storage: Storage::new([(SESSION, Record::INITIAL)]),
            requests: works.map(sent),
            revocation: Revocation::Waiting,
            faults,
            seen: Seen::default(),
        }
    }

    /// The secrets that a request may bring: the first, and those that answered renewals sent.
    fn known_secrets(&self) -> impl Iterator<Item = Secret> {
        let renewed = |request: &Request| {
            request.stage == Stage::Ended(Answer::Success)
                && request.work.iter().any(|operation| operation.renews())
        };
        let drawn = (1..)
            .zip(&self.requests)
            .filter(move |(_, request)| renewed(request));
        std::iter::once(0).chain(drawn.map(|(secret, _)| secret))
    }

    /// The requests that have their response, as bits.
    fn answered(&self) -> u8 {
        let places = (0..).zip(&self.requests);
        let ended = places.filter(
            |(_, request)| matches!(request.stage, Stage::Ended(answer) if answer != Answer::None),
        );
        ended.map(|(place, _): (u8, _)| 1 << place).sum()
    }

    fn commit(&mut self, place: usize, fate: Fate, mechanisms: &Mechanisms) -> Step {
        let Request { work, stage, .. } = &self.requests[place];
        match stage {
            Stage::LoggingOut { lost } => request::log_out(&mut self.storage, *lost, fate),
            Stage::Open(attempt) => {
                let operations = *work;
                request::commit(
                    &mut self.storage,
                    place,
                    operations,
                    attempt,
                    fate,
                    mechanisms,
                )
            }
            Stage::Sent | Stage::Ended(_) => unreachable!("it has no commit"),
        }
    }

    /// Takes down what a step of a commit did.
    fn note(&mut self, place: usize, last: &Self, step: Step) {
        let request = &mut self.requests[place];
        if let (Some((record, before)), Stage::Open(attempt)) = (&step.wrote, &request.stage) {
            request.applied += 1;
            self.seen
                .note_write(request.work, attempt, record, before.as_ref());
        }
        if let (Stage::Open(was), Stage::Open(is)) = (&last.requests[place].stage, &step.stage) {
            self.seen.replayed |= was.tries < is.tries;
        }
        request.stage = step.stage;
    }

    fn revoke(&mut self, mechanisms: &Mechanisms) {
        let is_of_a = |record: &Record| record.content.owner == Some(Owner::A);
        let ended = if mechanisms.owner_condition {
            self.storage.delete_if(SESSION, is_of_a)
        } else if self.revocation == Revocation::Waiting {
            let listed = self.storage.list().any(|(_, record)| is_of_a(record));
            self.revocation = if listed {
                Revocation::Listed
            } else {
                Revocation::Done
            };
            return;
        } else {
            self.storage.delete_if(SESSION, |_| true)
        };
        self.revocation = Revocation::Done;
        self.seen.others_session_revoked |= ended.is_some_and(|record| !is_of_a(&record));
    }
}

//! What must hold in every state, and what must be reachable.

use stateright::Property;

use super::record::{KEYS, Operation, Record};
use super::request::{Answer, Attempt, SESSION, Stage};
use super::serial::{Event, has_serial_order};
use super::{Request, Revocation, Seen, State, Values};
use crate::storage::Stored;

pub(super) fn all() -> Vec<Property<Values>> {
    vec![
        Property::always(
            "rule 3: no acknowledged write is lost",
            |_, state: &State| state.has_renewal() || state.is_serial(),
        ),
        Property::always(
            "rule 6: late changes come out in a serial order",
            |_, state: &State| !state.has_renewal() || state.is_serial(),
        ),
        Property::always("rule 5: what ended stays ended", |_, state: &State| {
            !(state.seen.ended && state.storage.load(SESSION).is_some())
        }),
        Property::always(
            "rule 5: a revocation ends no other owner's session",
            |_, state: &State| !state.seen.others_session_revoked,
        ),
        Property::always(
            "rule 6: who came before a renewal overwrites nothing after it",
            |_, state: &State| !state.seen.renewed_key_overwritten,
        ),
        Property::always(
            "rule 6: nothing reaches the next owner from before",
            |_, state: &State| !state.seen.former_owners_write,
        ),
        Property::always(
            "rule 6: only a renewal writes the digest",
            |_, state: &State| !state.seen.digest_without_renewal,
        ),
        Property::always(
            "rule 8: no success that was not saved",
            |_, state: &State| state.requests.iter().all(Request::is_saved_or_says_so),
        ),
        Property::always(
            "rule 8: an applied save is not made twice",
            |_, state: &State| state.requests.iter().all(|request| request.applied <= 1),
        ),
        Property::sometimes("a save is replayed", |_, state: &State| state.seen.replayed),
        Property::sometimes("a late change applies", |_, state: &State| {
            state.seen.late_applied
        }),
        Property::sometimes("a late change is an error", |_, state: &State| {
            state.seen.late_applied && state.some(|request| request.is(Answer::Error))
        }),
        Property::sometimes(
            "changes go with a session that ended",
            |_, state: &State| state.some(|request| request.is(Answer::Dropped)),
        ),
        Property::sometimes(
            "a log-out that keeps something ends a renewed session",
            |_, state: &State| {
                let keeps = |request: &Request| {
                    request.is(Answer::LoggedOut) && request.work == [Operation::LogOutKeeping]
                };
                state.some(keeps)
            },
        ),
        Property::sometimes("a lost answer is made good", |model, state: &State| {
            state.faults < model.faults
                && state
                    .requests
                    .iter()
                    .all(|request| request.is(Answer::Success))
                && state.requests.iter().all(|request| request.applied == 1)
        }),
        Property::sometimes(
            "a superseded secret reads no session",
            |_, state: &State| {
                state.storage.load(SESSION).is_some()
                    && state.some(|request| request.is(Answer::Visitor))
            },
        ),
    ]
}

impl State {
    fn some(&self, condition: impl Fn(&Request) -> bool) -> bool {
        self.requests.iter().any(condition)
    }

    fn has_renewal(&self) -> bool {
        self.some(|request| request.work.iter().any(|operation| operation.renews()))
    }

    /// Whether some serial order explains what is stored. Asked when all requests are done.
    fn is_serial(&self) -> bool {
        let mut events = Vec::new();
        for (place, request) in self.requests.iter().enumerate() {
            let Stage::Ended(answer) = request.stage else {
                return true;
            };
            events.push(Event::of_request(
                place,
                request.work,
                answer,
                request.after,
            ));
        }
        if self.revocation == Revocation::Done {
            events.push(Event::revocation());
        }
        let stored = self.storage.load(SESSION);
        has_serial_order(&events, stored.map(|stored| stored.record.content))
    }
}

impl Request {
    fn is(&self, answer: Answer) -> bool {
        self.stage == Stage::Ended(answer)
    }

    /// Whether what it wrote is stored, if its answer is a success without an event.
    fn is_saved_or_says_so(&self) -> bool {
        let writes = !self.work.is_empty();
        !(self.is(Answer::Success) && writes && self.applied == 0)
    }
}

impl Seen {
    /// Takes down what a request stored, over what.
    pub(super) fn note_write(
        &mut self,
        operations: &[Operation],
        attempt: &Attempt,
        record: &Record,
        before: Option<&Stored<Record>>,
    ) {
        let Some(before) = before.map(|stored| &stored.record) else {
            return;
        };
        let opened = &attempt.opened.record;
        let renews = operations.iter().any(|operation| operation.renews());
        self.digest_without_renewal |= record.digest != before.digest && !renews;
        if before.renewals == opened.renewals {
            return;
        }
        self.late_applied = true;
        let overwritten = |key| {
            let changed = before.content.get(key) != opened.content.get(key);
            changed
                && operations.iter().any(|operation| operation.overwrites(key))
                && record.content.get(key) != before.content.get(key)
        };
        self.renewed_key_overwritten |= KEYS.into_iter().any(overwritten);
        let owner = opened.content.owner;
        let given_away = owner.is_some() && owner != before.content.owner;
        self.former_owners_write |= given_away && record.content.values != before.content.values;
    }
}

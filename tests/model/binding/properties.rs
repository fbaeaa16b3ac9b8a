//! What holds of a bound session.

use stateright::Property;

use super::{Binding, SESSION, State};

pub(super) fn all() -> Vec<Property<Binding>> {
    vec![
        Property::always("one key is bound by an offer", one_key),
        Property::always("a binding goes with a log-in or the end alone", is_kept),
        Property::always(
            "no key from before a log-in is bound after it",
            is_of_its_log_in,
        ),
        Property::always(
            "who proves nothing is in no bound session",
            |_, state: &State| !state.seen.inside,
        ),
        Property::always(
            "a refresh is answered for a bound session alone",
            |_, state: &State| !state.seen.refreshed_in_vain,
        ),
        Property::sometimes("a session is bound", |_, state: &State| {
            !state.seen.registered.is_empty()
        }),
        Property::sometimes("a registration is refused", |_, state: &State| {
            state.seen.refused
        }),
        Property::sometimes("a refresh is answered", |_, state: &State| {
            state.seen.refreshed
        }),
    ]
}

/// Each secret has an offer of its own.
fn one_key(_: &Binding, state: &State) -> bool {
    let registered = &state.seen.registered;
    let is_first = |at: usize| {
        let (_, secret) = registered[at];
        registered[..at].iter().all(|(_, other)| *other != secret)
    };
    (0..registered.len()).all(is_first)
}

fn is_kept(_: &Binding, state: &State) -> bool {
    let Some(stored) = state.sessions.load(SESSION) else {
        return true;
    };
    let record = stored.record;
    let mut told = state.seen.registered.iter();
    let told = told.rfind(|(_, secret)| *secret == record.secret);
    told.is_none_or(|told| record.bound == Some(*told))
}

fn is_of_its_log_in(_: &Binding, state: &State) -> bool {
    let stored = state.sessions.load(SESSION);
    let bound = stored.and_then(|it| Some((it.record.secret, it.record.bound?.1)));
    bound.is_none_or(|(secret, with)| secret == with)
}

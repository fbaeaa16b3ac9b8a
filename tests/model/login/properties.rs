//! What must hold in every state, and what must be reachable.

use stateright::Property;

use super::record::INVENTED;
use super::request::{Request, Work};
use super::{LogIn, SESSION, Start, State};

pub(super) fn all() -> Vec<Property<LogIn>> {
    vec![
        Property::always(
            "rule 6: who knew the secret before a log-in is not inside after it",
            |_, state: &State| !state.seen.attacker_inside,
        ),
        Property::always(
            "rule 6a: a request from before a log-in does not undo it",
            |_, state: &State| !state.is_usual() || !state.is_log_in_undone(),
        ),
        Property::always(
            "rule 8a: a cookie goes out only with the stored digest",
            |_, state: &State| !state.seen.sent_unstored,
        ),
        Property::always(
            "rule 14: the secrets of two live sessions open neither",
            |_, state: &State| !state.seen.wrote_into_attackers,
        ),
        Property::always(
            "rule 14: a log-in or a log-out ends all whose secrets it brings",
            |_, state: &State| !state.seen.trapped,
        ),
        Property::always(
            "rule 15: an unknown secret is never adopted",
            |_, state: &State| {
                state
                    .sessions
                    .list()
                    .all(|(_, session)| session.digest != INVENTED)
            },
        ),
        Property::sometimes(
            "not kept: a log-in is undone by a secret that is sent again",
            |_, state: &State| state.start == Start::Renewed && state.is_log_in_undone(),
        ),
        Property::sometimes(
            "not kept: a log-in that ends two sessions is undone by a new one",
            |_, state: &State| state.start == Start::Planted && state.is_log_in_undone(),
        ),
        Property::sometimes("a superseded secret is refused", |_, state: &State| {
            state.seen.superseded_refused && state.seen.logged_in
        }),
        Property::sometimes("a log-in ends two sessions", |_, state: &State| {
            state.seen.ended_several && state.seen.logged_in
        }),
        Property::sometimes("the browser is logged in", |_, state: &State| {
            state.seen.logged_in && state.is_logged_in()
        }),
        Property::sometimes("a log-out ends the session", |_, state: &State| {
            state.cookie.is_none() && state.sessions.load(SESSION).is_none()
        }),
    ]
}

impl State {
    fn number_of(&self, work: Work) -> usize {
        let does = |request: &&Request| request.work == work;
        self.requests.iter().filter(does).count()
    }

    fn is_usual(&self) -> bool {
        matches!(self.start, Start::Usual | Start::Invented)
    }

    /// Whether the browser has had its log-in's cookie, has it no more, and asked for nothing else.
    fn is_log_in_undone(&self) -> bool {
        let once = self.number_of(Work::LogIn) == 1 && self.number_of(Work::LogOut) == 0;
        once && self.seen.logged_in && !self.is_logged_in()
    }

    fn is_logged_in(&self) -> bool {
        let Some(cookie) = self.cookie else {
            return false;
        };
        self.sessions
            .load(cookie.id)
            .is_some_and(|stored| stored.record.digest == cookie.secret && stored.record.logged_in)
    }
}

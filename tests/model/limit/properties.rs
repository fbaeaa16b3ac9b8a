//! What must hold in every state, and what must be reachable.

use stateright::Property;

use super::register::Owner;
use super::way::{Answer, Request, Stage, Work};
use super::{AtLimit, Limit, OLDEST, State};

pub(super) fn all(limit: &Limit) -> Vec<Property<Limit>> {
    let mut properties = rules();
    properties.extend([
        Property::sometimes("two log-ins are admitted", |_, state: &State| {
            let logged_in = |request: &&Request| {
                matches!(request.work, Work::New | Work::In(_))
                    && request.stage == Stage::Ended(Answer::Success)
            };
            state.requests.iter().filter(logged_in).count() == 2
        }),
        match limit.at_limit {
            AtLimit::RefuseLogIn => {
                Property::sometimes("a log-in is refused", |_, state: &State| state.seen.refused)
            }
            AtLimit::EndOldest => {
                Property::sometimes("a session makes room", |_, state: &State| {
                    state.seen.ended_for_another
                })
            }
        },
    ]);
    if limit.faults > 0 {
        properties.push(Property::sometimes(
            "a crash leaves a reservation",
            |_, state: &State| state.number_of(Answer::None) == 1 && !state.registers.is_empty(),
        ));
    }
    if limit.works.contains(&Work::OtherIn(OLDEST)) {
        properties.extend([
            Property::sometimes("another owner logs in there", |_, state: &State| {
                let mut sessions = state.sessions.list();
                sessions.any(|(_, session)| session.owner == Some(Owner::P))
            }),
            Property::sometimes(
                "a session has ended before its log-in",
                |_, state: &State| state.number_of(Answer::Dropped) > 0,
            ),
        ]);
    }
    properties
}

fn rules() -> Vec<Property<Limit>> {
    vec![
        Property::always(
            "rule 26: never more than M live sessions",
            |model: &Limit, state: &State| state.live().len() <= model.max,
        ),
        Property::always(
            "rule 26: no log-in is visible before it is admitted",
            |_, state: &State| !state.seen.visible_before_admission,
        ),
        Property::always("rule 26: no log-in is taken back", |_, state: &State| {
            !state.seen.taken_back
        }),
        Property::always(
            "rule 26: nobody is locked out once the minute is over",
            |_, state: &State| !state.seen.locked_out,
        ),
        Property::always(
            "rule 26: no other owner's session makes room",
            |_, state: &State| !state.seen.others_session_ended,
        ),
    ]
}

impl State {
    fn number_of(&self, answer: Answer) -> usize {
        let ended = |request: &&Request| request.stage == Stage::Ended(answer);
        self.requests.iter().filter(ended).count()
    }
}

//! What must hold in every state, and what must be reachable.

use stateright::Property;

use super::{Renewal, SESSION, State};

pub(super) fn all(model: &Renewal) -> Vec<Property<Renewal>> {
    let mut properties = rules();
    properties.extend([
        Property::sometimes("a secret is sent again", |_, state: &State| {
            state.seen.sent_again
        }),
        Property::sometimes("a former secret opens in the grace", |_, state: &State| {
            state.seen.opened_in_grace
        }),
        Property::sometimes("a secret is renewed twice", |_, state: &State| {
            state
                .storage
                .load(SESSION)
                .is_some_and(|stored| stored.record.digest == 2)
        }),
    ]);
    if model.sends[1] > 0 {
        properties.push(Property::sometimes(
            "a theft is told",
            |_, state: &State| state.seen.told,
        ));
    }
    properties
}

fn rules() -> Vec<Property<Renewal>> {
    vec![
        Property::always(
            "rule 8a: a cookie goes out only with the stored digest",
            |_, state: &State| !state.seen.sent_unstored,
        ),
        Property::always(
            "rule 25: an honest browser never loses its log-in",
            |_, state: &State| !state.seen.browser_lost,
        ),
        Property::always(
            "rule 25: an honest browser is never taken for a thief",
            |_, state: &State| !state.seen.browser_accused,
        ),
        Property::always(
            "rule 25: a former secret after the grace is told",
            |_, state: &State| !state.seen.former_untold,
        ),
    ]
}

//! Sessions bound to a device.

use protocol_model::binding::Binding;
use protocol_model::check::{fails, holds};
use protocol_model::mechanisms::Mechanisms;

const ALL: Mechanisms = Mechanisms::ALL;

fn binding(mechanisms: Mechanisms) -> Binding {
    Binding { mechanisms }
}

#[test]
fn a_binding_is_made_once_and_never_lost() {
    holds("binding", binding(ALL));
}

/// As it went in a library that keeps the binding in a blob which is read, changed and written back.
#[test]
fn a_save_without_a_condition_loses_the_binding() {
    for rule in [
        "a binding goes with a log-in or the end alone",
        "one key is bound by an offer",
    ] {
        let mechanisms = Mechanisms {
            condition: false,
            ..ALL
        };
        fails("a condition", binding(mechanisms), rule);
    }
}

#[test]
fn a_registration_that_takes_any_offer_binds_what_comes_after_a_log_in() {
    let mechanisms = Mechanisms {
        same_offer: false,
        ..ALL
    };
    let rule = "no key from before a log-in is bound after it";
    fails("the very offer", binding(mechanisms), rule);
}

#[test]
fn without_enforcement_a_copied_cookie_is_as_good_as_ever() {
    let mechanisms = Mechanisms {
        requires_proof: false,
        ..ALL
    };
    let rule = "who proves nothing is in no bound session";
    fails("a proof", binding(mechanisms), rule);
}

#[test]
fn a_refresh_on_the_key_alone_revives_what_has_ended() {
    let mechanisms = Mechanisms {
        session_first: false,
        ..ALL
    };
    let rule = "a refresh is answered for a bound session alone";
    fails("the session first", binding(mechanisms), rule);
}

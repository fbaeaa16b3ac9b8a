//! Log-ins and log-outs, by the cookies that come and go.

use protocol_model::check::{fails, holds};
use protocol_model::login::LogIn;
use protocol_model::mechanisms::Mechanisms;

const ALL: Mechanisms = Mechanisms::ALL;

/// A superseded secret is known for a minute.
fn log_in(mechanisms: Mechanisms) -> LogIn {
    LogIn {
        mechanisms,
        known_for: 3,
    }
}

#[test]
fn rules_6a_8a_14_and_15_hold() {
    holds("log-in", log_in(ALL));
}

#[test]
fn a_log_in_that_keeps_the_secret_lets_in_who_knew_it() {
    let mechanisms = Mechanisms {
        fresh_secret: false,
        ..ALL
    };
    let rule = "rule 6: who knew the secret before a log-in is not inside after it";
    fails("a fresh secret", log_in(mechanisms), rule);
}

#[test]
fn a_superseded_secret_that_is_forgotten_undoes_the_log_in() {
    let mechanisms = Mechanisms {
        superseded: false,
        ..ALL
    };
    let rule = "rule 6a: a request from before a log-in does not undo it";
    fails("knowledge of superseded secrets", log_in(mechanisms), rule);
}

#[test]
fn without_the_digest_check_the_cookie_of_an_ended_session_goes_out() {
    let mechanisms = Mechanisms {
        digest_check: false,
        ..ALL
    };
    let rule = "rule 8a: a cookie goes out only with the stored digest";
    fails("a digest check", log_in(mechanisms), rule);
}

#[test]
fn one_of_two_sessions_may_be_the_attackers() {
    let mechanisms = Mechanisms {
        several_are_none: false,
        ..ALL
    };
    let rule = "rule 14: the secrets of two live sessions open neither";
    fails("two sessions that are none", log_in(mechanisms), rule);
}

#[test]
fn a_log_in_that_leaves_both_sessions_traps() {
    let mechanisms = Mechanisms {
        ends_several: false,
        ..ALL
    };
    let rule = "rule 14: a log-in or a log-out ends all whose secrets it brings";
    fails("an end of both sessions", log_in(mechanisms), rule);
}

#[test]
fn an_unknown_secret_that_is_adopted_is_the_attackers() {
    let mechanisms = Mechanisms {
        never_adopts: false,
        ..ALL
    };
    let rule = "rule 15: an unknown secret is never adopted";
    fails("a new id and secret", log_in(mechanisms), rule);
}

#[test]
fn a_superseded_secret_that_is_forgotten_after_one_way_undoes_the_log_in() {
    let log_in = LogIn {
        known_for: 2,
        ..log_in(ALL)
    };
    let rule = "rule 6a: a request from before a log-in does not undo it";
    fails("a minute for the way there and back", log_in, rule);
}

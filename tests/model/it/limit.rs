//! The limit of an owner's sessions, under parallel log-ins.

use protocol_model::check::{fails, holds};
use protocol_model::limit::{AtLimit, LOG_INS, Limit, WORKS};
use protocol_model::mechanisms::Mechanisms;

use AtLimit::{EndOldest, RefuseLogIn};

const ALL: Mechanisms = Mechanisms::ALL;
const AT_MOST: &str = "rule 26: never more than M live sessions";

/// All kinds of requests, within a moment.
fn at_once(max: usize, at_limit: AtLimit, mechanisms: Mechanisms) -> Limit {
    Limit {
        mechanisms,
        max,
        at_limit,
        faults: 1,
        half_minutes: 0,
        works: &WORKS,
    }
}

/// Log-ins while time passes. Who stops on the way, for as long as that takes, does what a crash does.
fn in_time(max: usize, at_limit: AtLimit, mechanisms: Mechanisms) -> Limit {
    let limit = undisturbed(at_once(max, at_limit, mechanisms));
    Limit {
        half_minutes: 2,
        works: &LOG_INS,
        ..limit
    }
}

/// The same without lost answers and crashes, for a counterexample that needs none.
fn undisturbed(limit: Limit) -> Limit {
    Limit { faults: 0, ..limit }
}

#[test]
fn rule_26_holds_at_once() {
    for max in [1, 2] {
        holds(
            &format!("limit of {max}, refusing"),
            at_once(max, RefuseLogIn, ALL),
        );
        holds(
            &format!("limit of {max}, ending the oldest"),
            at_once(max, EndOldest, ALL),
        );
    }
}

#[test]
fn rule_26_holds_while_time_passes() {
    holds(
        "limit of 1, refusing, in time",
        in_time(1, RefuseLogIn, ALL),
    );
    holds(
        "limit of 2, refusing, in time",
        in_time(2, RefuseLogIn, ALL),
    );
    let limit = Limit {
        works: &LOG_INS[..1],
        ..in_time(1, EndOldest, ALL)
    };
    holds("limit of 1, ending the oldest, in time", limit);
}

#[test]
fn without_a_reservation_there_are_too_many() {
    let mechanisms = Mechanisms {
        reserve_first: false,
        ..ALL
    };
    let limit = undisturbed(at_once(1, RefuseLogIn, mechanisms));
    fails("a reservation first", limit.clone(), AT_MOST);
    let rule = "rule 26: no log-in is visible before it is admitted";
    fails("a reservation first", limit, rule);
}

#[test]
fn a_register_without_a_condition_lets_too_many_in() {
    let mechanisms = Mechanisms {
        condition: false,
        ..ALL
    };
    fails(
        "condition",
        undisturbed(at_once(1, RefuseLogIn, mechanisms)),
        AT_MOST,
    );
}

#[test]
fn a_reservation_that_never_lapses_locks_out() {
    let mechanisms = Mechanisms {
        lapse: false,
        ..ALL
    };
    let rule = "rule 26: nobody is locked out once the minute is over";
    fails("a lapse", in_time(1, RefuseLogIn, mechanisms), rule);
}

#[test]
fn a_save_after_the_reservation_lapsed_is_one_too_many() {
    let mechanisms = Mechanisms {
        acts_in_time: false,
        ..ALL
    };
    fails(
        "a look at the clock",
        in_time(1, RefuseLogIn, mechanisms),
        AT_MOST,
    );
}

#[test]
fn a_reservation_that_others_remove_lets_too_many_in() {
    let mechanisms = Mechanisms {
        reservation_by_token: false,
        ..ALL
    };
    fails(
        "a reservation's own mark",
        undisturbed(at_once(1, RefuseLogIn, mechanisms)),
        AT_MOST,
    );
}

#[test]
fn a_session_that_is_to_end_takes_a_log_in_with_it() {
    let mechanisms = Mechanisms {
        names_victims: false,
        ..ALL
    };
    let rule = "rule 26: no log-in is taken back";
    fails(
        "the names of who ends",
        undisturbed(at_once(2, EndOldest, mechanisms)),
        rule,
    );
}

#[test]
fn a_creation_that_is_made_again_is_one_too_many() {
    let mechanisms = Mechanisms {
        creates_once: false,
        ..ALL
    };
    fails(
        "a creation made once",
        at_once(1, EndOldest, mechanisms),
        AT_MOST,
    );
}

#[test]
fn without_the_owners_condition_anothers_session_makes_room() {
    let mechanisms = Mechanisms {
        owner_condition: false,
        ..ALL
    };
    let rule = "rule 26: no other owner's session makes room";
    fails(
        "owner condition",
        undisturbed(at_once(1, EndOldest, mechanisms)),
        rule,
    );
}

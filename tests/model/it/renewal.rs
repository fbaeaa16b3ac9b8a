//! The periodic renewal of a secret, on a slow network and with a thief.

use protocol_model::check::{fails, holds};
use protocol_model::mechanisms::Mechanisms;
use protocol_model::renewal::Renewal;

const ALL: Mechanisms = Mechanisms::ALL;
const LOST: &str = "rule 25: an honest browser never loses its log-in";
const ACCUSED: &str = "rule 25: an honest browser is never taken for a thief";
const TOLD: &str = "rule 25: a former secret after the grace is told";

/// A browser alone.
fn alone(mechanisms: Mechanisms) -> Renewal {
    Renewal {
        mechanisms,
        sends: [6, 0],
        faults: 1,
        interval: 2,
        last: 5,
    }
}

/// A browser alone, with a longer interval.
fn slower(mechanisms: Mechanisms) -> Renewal {
    Renewal {
        faults: 0,
        interval: 4,
        last: 7,
        ..alone(mechanisms)
    }
}

/// A browser, and a thief who has its cookie.
fn with_thief(mechanisms: Mechanisms) -> Renewal {
    Renewal {
        mechanisms,
        sends: [3, 1],
        faults: 0,
        interval: 2,
        last: 6,
    }
}

#[test]
fn rule_25_holds_for_an_honest_browser() {
    holds("renewal, alone", alone(ALL));
    holds("renewal, alone, with a longer interval", slower(ALL));
}

#[test]
fn rule_25_holds_with_a_thief() {
    holds("renewal, with a thief", with_thief(ALL));
}

#[test]
fn without_the_digest_check_a_secret_goes_out_that_opens_nothing() {
    let mechanisms = Mechanisms {
        digest_check: false,
        ..ALL
    };
    let rule = "rule 8a: a cookie goes out only with the stored digest";
    fails("a digest check", alone(mechanisms.clone()), rule);
    fails("a digest check", alone(mechanisms), LOST);
}

#[test]
fn a_former_secret_that_opens_nothing_logs_out() {
    let mechanisms = Mechanisms {
        unreplaced_opens: false,
        ..ALL
    };
    fails(
        "a former secret that opens until its successor is used",
        alone(mechanisms),
        LOST,
    );
}

#[test]
fn without_a_grace_the_honest_are_accused() {
    let mechanisms = Mechanisms {
        grace: false,
        ..ALL
    };
    fails("a grace", alone(mechanisms), ACCUSED);
}

#[test]
fn without_a_mark_of_the_first_use_a_copied_secret_opens_on() {
    let mechanisms = Mechanisms {
        use_mark: false,
        ..ALL
    };
    fails("a mark of the first use", with_thief(mechanisms), TOLD);
}

#[test]
fn a_secret_that_is_renewed_at_its_first_use_gets_the_honest_accused() {
    let mechanisms = Mechanisms {
        rests_after_use: false,
        ..ALL
    };
    fails("a rest after the first use", slower(mechanisms), ACCUSED);
}

#[test]
fn a_used_secret_that_is_sent_again_gets_the_honest_accused() {
    let mechanisms = Mechanisms {
        sends_unused_only: false,
        ..ALL
    };
    let alone = Renewal {
        faults: 0,
        ..alone(mechanisms)
    };
    fails("a look at whether it is used", alone, ACCUSED);
}

#[test]
fn a_secret_that_goes_out_unseen_gets_the_honest_accused() {
    let mechanisms = Mechanisms {
        looks_again: false,
        ..ALL
    };
    let alone = Renewal {
        faults: 0,
        ..alone(mechanisms)
    };
    fails("another look at the record", alone, ACCUSED);
}

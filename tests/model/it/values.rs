//! The values and the owner of one session, under parallel requests.

use protocol_model::check::{fails, holds};
use protocol_model::mechanisms::Mechanisms;
use protocol_model::values::Values;

const ALL: Mechanisms = Mechanisms::ALL;
const SERIAL: &str = "rule 6: late changes come out in a serial order";

fn values(mechanisms: Mechanisms) -> Values {
    Values {
        mechanisms,
        faults: 0,
    }
}

fn with_faults(mechanisms: Mechanisms) -> Values {
    Values {
        mechanisms,
        faults: 2,
    }
}

#[test]
fn the_rules_hold() {
    holds("values", with_faults(ALL));
}

#[test]
fn a_save_without_a_condition_loses_a_write() {
    let mechanisms = Mechanisms {
        condition: false,
        ..ALL
    };
    fails(
        "condition",
        values(mechanisms),
        "rule 3: no acknowledged write is lost",
    );
}

#[test]
fn a_save_without_a_condition_revives() {
    let mechanisms = Mechanisms {
        condition: false,
        ..ALL
    };
    fails(
        "condition",
        values(mechanisms),
        "rule 5: what ended stays ended",
    );
}

#[test]
fn without_replay_a_write_is_lost() {
    let mechanisms = Mechanisms {
        replay: false,
        ..ALL
    };
    fails(
        "replay",
        values(mechanisms),
        "rule 3: no acknowledged write is lost",
    );
}

#[test]
fn without_replay_a_late_save_writes_the_digest() {
    let mechanisms = Mechanisms {
        replay: false,
        ..ALL
    };
    fails(
        "replay",
        values(mechanisms),
        "rule 6: only a renewal writes the digest",
    );
}

#[test]
fn a_touch_that_creates_revives() {
    let mechanisms = Mechanisms {
        touch_never_creates: false,
        ..ALL
    };
    fails(
        "a touch's condition",
        values(mechanisms),
        "rule 5: what ended stays ended",
    );
}

#[test]
fn a_revocation_without_its_condition_ends_another_owners_session() {
    let mechanisms = Mechanisms {
        owner_condition: false,
        ..ALL
    };
    let rule = "rule 5: a revocation ends no other owner's session";
    fails("owner condition", values(mechanisms), rule);
}

#[test]
fn a_late_request_that_is_taken_for_any_other_overwrites() {
    let mechanisms = Mechanisms {
        before_renewal: false,
        ..ALL
    };
    let rule = "rule 6: who came before a renewal overwrites nothing after it";
    fails("the renewals' count", values(mechanisms), rule);
}

#[test]
fn without_a_generation_a_former_owners_write_arrives() {
    let mechanisms = Mechanisms {
        generation: false,
        ..ALL
    };
    let rule = "rule 6: nothing reaches the next owner from before";
    fails("generation", values(mechanisms), rule);
}

#[test]
fn a_late_set_that_is_left_out_under_an_update_is_lost() {
    let mechanisms = Mechanisms {
        tells_late_overwrite: false,
        ..ALL
    };
    fails("an error for a late overwrite", values(mechanisms), SERIAL);
}

#[test]
fn a_late_change_that_a_log_out_would_have_kept_is_lost() {
    let mechanisms = Mechanisms {
        tells_late_after_log_out: false,
        ..ALL
    };
    fails(
        "an event for what a log-out took along",
        values(mechanisms),
        SERIAL,
    );
}

#[test]
fn without_marks_a_save_is_made_twice() {
    let mechanisms = Mechanisms {
        marks: false,
        ..ALL
    };
    fails(
        "marks",
        with_faults(mechanisms),
        "rule 8: an applied save is not made twice",
    );
}

#[test]
fn a_mark_that_others_pushed_out_is_no_proof() {
    let mechanisms = Mechanisms {
        tells_full_marks: false,
        ..ALL
    };
    let rule = "rule 8: an applied save is not made twice";
    fails(
        "an error when the marks are full",
        with_faults(mechanisms),
        rule,
    );
}

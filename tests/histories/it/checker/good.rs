//! What is allowed, and looks like a finding.

use history_tests::checker::{Kind, Rules};
use history_tests::history::{Action, Request};

use super::made::{
    append, at_process, end, failed, found, kinds, nobody, read, request, seen, unknown,
    with_secret,
};

const NONE: [Kind; 0] = [];

#[test]
fn writes_at_once_may_stand_in_either_order() {
    let both = |log: &[u32]| [append(0, 2, 1), append(1, 3, 2), read(4, 5, log)];
    assert_eq!(found(&both(&[1, 2])), NONE);
    assert_eq!(found(&both(&[2, 1])), NONE);
}

#[test]
fn a_write_under_way_may_be_seen_or_not_and_once_seen_stays() {
    let history = [
        append(0, 9, 1),
        read(1, 2, &[]),
        read(3, 4, &[1]),
        read(5, 6, &[1]),
    ];
    assert_eq!(found(&history), NONE);
}

#[test]
fn a_write_of_unknown_outcome_may_come_late_or_never() {
    let late = [unknown(append(0, 1, 1)), read(2, 3, &[]), read(4, 5, &[1])];
    assert_eq!(found(&late), NONE);
    assert_eq!(found(&[unknown(append(0, 1, 1)), read(2, 3, &[])]), NONE);
    assert_eq!(found(&[failed(append(0, 1, 1)), read(2, 3, &[])]), NONE);
}

#[test]
fn a_session_may_be_gone_from_the_moment_in_which_its_end_is_sent() {
    let history = [end(0, 9), nobody(1, 2), nobody(10, 11)];
    assert_eq!(found(&history), NONE);
    let history = [end(0, 9), read(1, 2, &[]), nobody(3, 4)];
    assert_eq!(found(&history), NONE);
    assert_eq!(found(&[unknown(end(0, 1)), read(2, 3, &[])]), NONE);
}

#[test]
fn a_write_that_met_the_sessions_end_goes_with_it() {
    let history = [append(0, 9, 1), end(1, 2), nobody(10, 11)];
    assert_eq!(found(&history), NONE);
}

#[test]
fn a_session_may_be_gone_from_its_time_on() {
    let rules = Rules {
        absolute: Some(10),
        ..Rules::default()
    };
    let create = request(0, 2, Action::Create(1));
    assert_eq!(kinds(&[create.clone(), nobody(9, 10)], &rules), NONE);
    assert_eq!(kinds(&[create.clone(), read(12, 20, &[1])], &rules), NONE);
    let log_in = Request {
        read: seen(&[1], &[]),
        ..request(5, 6, Action::LogIn(1))
    };
    let history = [create, log_in, with_secret(1, read(15, 16, &[1]))];
    assert_eq!(kinds(&history, &rules), NONE);
}

#[test]
fn an_expired_session_may_go_on_by_a_request_that_came_in_time() {
    let rules = Rules {
        idle: Some(10),
        ..Rules::default()
    };
    let create = request(0, 1, Action::Create(1));
    let back = [nobody(12, 13), read(16, 17, &[1, 2])];
    let history = |write: Request| [&[create.clone(), write], &back[..]].concat();
    assert_eq!(kinds(&history(append(9, 15, 2)), &rules), NONE);
    assert_eq!(kinds(&history(unknown(append(9, 10, 2))), &rules), NONE);
    // Nobody is under way any more who could have it go on.
    let over = history(append(2, 5, 2));
    assert!(kinds(&over, &rules).contains(&Kind::Reappeared));
}

#[test]
fn a_former_secret_finds_nobody_and_the_session_is_there_by_the_other() {
    let history = [
        request(0, 9, Action::Renew(1)),
        read(1, 2, &[]),
        nobody(3, 4),
        with_secret(1, read(10, 11, &[])),
    ];
    assert_eq!(found(&history), NONE);
}

#[test]
fn a_cache_may_be_behind_what_another_process_did() {
    let rules = Rules {
        staleness: [(1, 10)].into(),
        ..Rules::default()
    };
    let stale = [append(0, 1, 1), at_process(1, read(11, 12, &[]))];
    assert_eq!(kinds(&stale, &rules), NONE);
    let ended = [end(0, 1), at_process(1, read(11, 12, &[]))];
    assert_eq!(kinds(&ended, &rules), NONE);
    let former = [
        request(0, 1, Action::Renew(1)),
        at_process(1, read(11, 12, &[])),
    ];
    assert_eq!(kinds(&former, &rules), NONE);
}

//! Each kind of finding, in the shortest history that has one.

use history_tests::checker::{Kind, Rules};
use history_tests::history::{Action, Request};

use super::made::{
    append, at_process, end, failed, found, kinds, nobody, read, request, seen, unknown,
    with_secret,
};

#[test]
fn an_acknowledged_append_that_no_later_read_shows_is_lost() {
    let history = [append(0, 1, 1), append(2, 3, 2), read(4, 5, &[1])];
    assert_eq!(found(&history), [Kind::LostWrite]);
}

#[test]
fn of_two_appends_at_once_over_the_same_log_one_is_lost() {
    let history = [
        append(0, 1, 1),
        append(2, 4, 2),
        append(3, 5, 3),
        read(6, 7, &[1, 3]),
    ];
    assert_eq!(found(&history), [Kind::LostWrite]);
}

#[test]
fn an_acknowledged_insert_that_no_later_read_shows_is_lost() {
    let insert = request(0, 1, Action::Insert(1));
    let history = [insert, read(2, 3, &[])];
    assert_eq!(found(&history), [Kind::LostWrite]);
}

#[test]
fn a_write_is_lost_where_one_that_came_after_it_is_there_without_it() {
    // The read began before either was acknowledged, so only the two writes' order tells.
    let history = [append(1, 2, 1), append(3, 4, 2), read(0, 5, &[2])];
    assert_eq!(found(&history), [Kind::LostWrite]);
}

#[test]
fn a_read_that_misses_what_a_later_one_shows_is_stale() {
    let history = [append(0, 1, 1), read(2, 3, &[]), read(4, 5, &[1])];
    assert_eq!(found(&history), [Kind::StaleRead]);
}

#[test]
fn an_append_that_was_repeated_is_applied_twice() {
    let history = [append(0, 1, 1), read(2, 3, &[1, 1])];
    assert_eq!(found(&history), [Kind::AppliedTwice]);
}

#[test]
fn a_mark_that_nobody_wrote_is_from_nowhere() {
    assert_eq!(found(&[read(0, 1, &[1])]), [Kind::Phantom]);
}

#[test]
fn a_mark_of_a_request_that_was_never_sent_is_from_nowhere() {
    let history = [failed(append(0, 1, 1)), read(2, 3, &[1])];
    assert_eq!(found(&history), [Kind::Phantom]);
}

#[test]
fn a_mark_that_is_read_before_it_is_written_is_from_nowhere() {
    let history = [read(0, 1, &[1]), append(2, 3, 1)];
    assert_eq!(found(&history), [Kind::Phantom]);
}

#[test]
fn a_mark_at_another_place_than_its_process_was_told_is_misplaced() {
    let told = Request {
        wrote_at: Some(1),
        ..append(0, 1, 1)
    };
    assert_eq!(found(&[told, read(2, 3, &[1])]), [Kind::Misplaced]);
}

#[test]
fn a_read_after_one_that_shows_more_went_back() {
    // Nobody knows whether the write was made, but it was seen.
    let history = [unknown(append(0, 1, 1)), read(2, 3, &[1]), read(4, 5, &[])];
    assert_eq!(found(&history), [Kind::WentBack]);
}

#[test]
fn two_logs_that_begin_differently_are_forked() {
    let history = [
        unknown(append(0, 1, 1)),
        unknown(append(0, 1, 2)),
        read(2, 3, &[1]),
        read(2, 3, &[2]),
    ];
    assert_eq!(found(&history), [Kind::Forked]);
}

#[test]
fn two_reads_each_with_a_key_that_the_other_lacks_are_forked() {
    let insert = |mark| unknown(request(0, 1, Action::Insert(mark)));
    let read = |keys: &[u32]| Request {
        read: seen(&[], keys),
        ..request(2, 3, Action::Read)
    };
    let history = [insert(1), insert(2), read(&[1]), read(&[2])];
    assert_eq!(found(&history), [Kind::Forked]);
}

#[test]
fn two_appends_one_after_the_other_that_stand_the_other_way_round_are_reordered() {
    let history = [append(0, 1, 1), append(2, 3, 2), read(0, 9, &[2, 1])];
    assert_eq!(found(&history), [Kind::Reordered]);
}

#[test]
fn a_write_that_shows_after_a_later_one_is_reordered() {
    let history = [
        append(1, 2, 1),
        append(3, 4, 2),
        read(0, 9, &[2]),
        read(0, 9, &[2, 1]),
    ];
    assert_eq!(found(&history), [Kind::Reordered]);
}

#[test]
fn a_session_that_is_there_after_its_end_is_revived() {
    assert_eq!(found(&[end(0, 1), read(2, 3, &[])]), [Kind::Revived]);
}

#[test]
fn a_session_that_a_write_made_again_is_revived() {
    // The read began before the end was acknowledged; what it shows was written after that.
    let history = [end(1, 2), append(3, 4, 1), read(0, 5, &[1])];
    assert_eq!(found(&history), [Kind::Revived]);
}

#[test]
fn a_session_that_is_there_after_one_found_it_gone_has_reappeared() {
    let history = [unknown(end(0, 9)), nobody(1, 2), read(3, 4, &[])];
    assert_eq!(found(&history), [Kind::Reappeared]);
}

#[test]
fn a_session_that_is_back_after_its_end_is_revived_also_where_one_had_found_it_gone() {
    let history = [end(0, 1), nobody(2, 3), read(4, 5, &[])];
    assert_eq!(found(&history), [Kind::Revived, Kind::Reappeared]);
}

#[test]
fn a_session_that_nothing_ended_and_that_is_not_there_is_gone() {
    assert_eq!(found(&[nobody(0, 1)]), [Kind::Gone]);
    assert_eq!(found(&[failed(end(0, 1)), nobody(2, 3)]), [Kind::Gone]);
    assert_eq!(found(&[nobody(0, 1), end(2, 3)]), [Kind::Gone]);
}

#[test]
fn a_session_that_is_gone_before_its_time_is_gone() {
    let rules = Rules {
        absolute: Some(10),
        idle: Some(5),
        ..Rules::default()
    };
    let create = request(0, 1, Action::Create(1));
    let history = [create, append(3, 4, 2), nobody(5, 7)];
    assert_eq!(kinds(&history, &rules), [Kind::Gone]);
}

#[test]
fn a_session_that_opens_after_its_absolute_limit_is_overdue() {
    let rules = Rules {
        absolute: Some(10),
        ..Rules::default()
    };
    let create = request(0, 2, Action::Create(1));
    let history = [create, append(8, 9, 2), read(13, 14, &[1, 2])];
    assert_eq!(kinds(&history, &rules), [Kind::Overdue]);
}

#[test]
fn a_session_that_opens_after_its_idle_limit_is_overdue() {
    let rules = Rules {
        idle: Some(10),
        ..Rules::default()
    };
    let history = [request(0, 2, Action::Create(1)), read(13, 14, &[1])];
    assert_eq!(kinds(&history, &rules), [Kind::Overdue]);
}

#[test]
fn a_log_in_prolongs_no_session_for_itself() {
    let rules = Rules {
        absolute: Some(10),
        ..Rules::default()
    };
    let late = Request {
        read: seen(&[1], &[]),
        ..request(13, 14, Action::LogIn(1))
    };
    let history = [request(0, 2, Action::Create(1)), late];
    assert_eq!(kinds(&history, &rules), [Kind::Overdue]);
}

#[test]
fn a_secret_that_opens_after_its_successor_was_answered_is_a_former_one() {
    let history = [request(0, 1, Action::Renew(1)), read(2, 3, &[])];
    assert_eq!(found(&history), [Kind::FormerSecret]);
}

#[test]
fn a_secret_that_two_renewals_replaced_has_two_successors() {
    let history = [
        request(0, 2, Action::Renew(1)),
        request(1, 3, Action::LogIn(2)),
    ];
    assert_eq!(found(&history), [Kind::TwoSuccessors]);
}

#[test]
fn a_process_with_a_cache_knows_what_it_wrote_itself_and_after_a_while_all_else() {
    let rules = Rules {
        staleness: [(1, 10)].into(),
        ..Rules::default()
    };
    let own = [
        at_process(1, append(0, 1, 1)),
        at_process(1, read(2, 3, &[])),
    ];
    assert_eq!(kinds(&own, &rules), [Kind::LostWrite]);
    let late = [append(0, 1, 1), at_process(1, read(12, 13, &[]))];
    assert_eq!(kinds(&late, &rules), [Kind::LostWrite]);
    let back = [
        unknown(append(0, 1, 1)),
        at_process(1, read(2, 3, &[1])),
        at_process(1, read(4, 5, &[])),
    ];
    assert_eq!(kinds(&back, &rules), [Kind::WentBack]);
    let former = [
        request(0, 1, Action::Renew(1)),
        at_process(1, read(12, 13, &[])),
    ];
    assert_eq!(kinds(&former, &rules), [Kind::FormerSecret]);
}

#[test]
fn what_another_session_holds_is_no_evidence() {
    let other = |request: Request| Request {
        session: 1,
        ..request
    };
    let history = [
        append(0, 1, 1),
        other(append(2, 3, 1)),
        other(read(4, 5, &[1])),
        read(4, 5, &[]),
    ];
    assert_eq!(found(&history), [Kind::LostWrite]);
}

#[test]
fn a_former_secret_by_which_nothing_opens_does_not_hide_a_session_that_is_back() {
    let history = [
        request(0, 1, Action::Renew(1)),
        nobody(2, 3),
        with_secret(1, end(4, 5)),
        with_secret(1, read(6, 7, &[])),
    ];
    assert_eq!(found(&history), [Kind::Revived]);
}

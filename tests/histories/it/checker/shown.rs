//! How a history is shown, shortened and handed on.

use history_tests::checker::{Kind, Rules, check, shortest};
use history_tests::history::{edn, table};

use super::made::{append, read, unknown};

#[test]
fn the_shortest_history_has_the_requests_that_show_the_finding_and_no_other() {
    let mut history = Vec::new();
    for mark in 0..20 {
        let at = u64::from(mark) * 10;
        let log: Vec<_> = (0..=mark).collect();
        history.push(append(at, at + 1, mark));
        history.push(read(at + 2, at + 3, &log));
    }
    history.push(append(300, 301, 20));
    history.push(append(302, 303, 21));
    history.push(read(304, 305, &[]));
    let rules = Rules::default();
    let violations = check(&history, &rules);
    let lost = violations.iter().find(|it| it.kind == Kind::LostWrite);
    let short = shortest(&history, &rules, lost.unwrap());
    assert_eq!(short.len(), 2, "{}", table(&short));
}

#[test]
fn the_export_is_one_that_elle_reads() {
    let history = [append(0, 3, 7), unknown(read(1, 4, &[])), read(5, 6, &[7])];
    let lines = "\
{:index 0, :type :invoke, :process 0, :time 0000, :f :txn, :value [[:r 0 nil] [:append 0 7]]}
{:index 1, :type :invoke, :process 0, :time 1000, :f :txn, :value [[:r 0 nil]]}
{:index 2, :type :ok, :process 0, :time 3000, :f :txn, :value [[:r 0 nil] [:append 0 7]]}
{:index 3, :type :info, :process 0, :time 4000, :f :txn, :value [[:r 0 nil]]}
{:index 4, :type :invoke, :process 1, :time 5000, :f :txn, :value [[:r 0 nil]]}
{:index 5, :type :ok, :process 1, :time 6000, :f :txn, :value [[:r 0 [7]]]}
";
    assert_eq!(edn(&history), lines);
}

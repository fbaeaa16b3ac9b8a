//! Each read by itself, against what was written: nothing twice, nothing from nowhere, nothing missing.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::check::Session;
use super::{Kind, Violation};
use crate::history::{Mark, Request};

/// When the writes of one process, or of all, became certain; sorted.
#[derive(Default)]
struct Ends(Vec<u64>);

impl Ends {
    fn before(&self, time: u64) -> usize {
        self.0.partition_point(|end| *end < time)
    }
}

pub(super) fn check(session: &Session<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut writes: HashMap<Mark, (usize, &Request)> = HashMap::new();
    let (mut all, mut by_process) = (Ends::default(), BTreeMap::<u32, Ends>::new());
    for (index, request) in &session.requests {
        let Some(mark) = request.action.mark() else {
            continue;
        };
        writes.insert(mark, (*index, request));
        if let Some(end) = request.certain() {
            all.0.push(end);
            by_process.entry(request.process).or_default().0.push(end);
        }
    }
    all.0.sort_unstable();
    by_process
        .values_mut()
        .for_each(|ends| ends.0.sort_unstable());

    let mut told = HashSet::new();
    let mut missing: BTreeMap<Mark, (usize, usize)> = BTreeMap::new();
    for (index, read) in &session.requests {
        let Some(contents) = read.seen() else {
            continue;
        };
        let staleness = session.rules.staleness_of(read.process);
        let is_due = |write: &Request| {
            let slack = session.rules.slack(read, write.process);
            write.certain().is_some_and(|end| end + slack < read.start)
        };
        let (mut marks, mut shown) = (HashSet::new(), 0);
        for mark in contents.marks() {
            if !marks.insert(mark) {
                if told.insert((Kind::AppliedTwice, mark)) {
                    found.push(session.violation(Kind::AppliedTwice, [*index]));
                }
                continue;
            }
            match writes.get(&mark) {
                Some((_, write)) if write.may_count() => shown += usize::from(is_due(write)),
                _ if told.insert((Kind::Phantom, mark)) => {
                    found.push(session.violation(Kind::Phantom, [*index]));
                }
                _ => {}
            }
        }
        for (place, mark) in contents.log.iter().enumerate() {
            let Some((write_index, write)) = writes.get(mark) else {
                continue;
            };
            let is_elsewhere = write.wrote_at.is_some_and(|it| it as usize != place);
            if is_elsewhere && told.insert((Kind::Misplaced, *mark)) {
                found.push(session.violation(Kind::Misplaced, [*write_index, *index]));
            }
        }
        let early = read.start.saturating_sub(staleness);
        let own = by_process.get(&read.process);
        let own = own.map_or(0, |own| own.before(read.start) - own.before(early));
        if shown < all.before(early) + own {
            for (write_index, write) in writes.values() {
                let mark = write.action.mark().expect("a write leaves a mark");
                if is_due(write) && !marks.contains(&mark) {
                    missing.insert(mark, (*write_index, *index));
                }
            }
        }
    }
    // The last read that misses a mark decides whether it came back.
    let last = session.requests.iter().rev().find_map(|(_, it)| it.seen());
    for (mark, (write, read)) in missing {
        let is_there = last.is_some_and(|last| last.has(mark));
        let kind = if is_there {
            Kind::StaleRead
        } else {
            Kind::LostWrite
        };
        found.push(session.violation(kind, [write, read]));
    }
    found
}

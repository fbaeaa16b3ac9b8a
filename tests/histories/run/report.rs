use std::collections::BTreeMap;
use std::fmt::{self, Write};

use crate::checker::{Kind, Violation, count};
use crate::faults::Fault;
use crate::history::{Outcome, Request};
use crate::worker::Figures;

use super::growth::growth;

/// What came of a run.
#[derive(Debug, Default)]
pub struct Report {
    pub sessions: usize,
    pub requests: usize,
    pub acknowledged: usize,
    pub unknown: usize,
    pub not_sent: usize,
    pub writes: usize,
    pub ends: usize,
    pub faults: BTreeMap<Fault, usize>,
    pub violations: BTreeMap<Kind, usize>,
    /// For each kind of violation the shortest history that shows one.
    pub shown: BTreeMap<Kind, Vec<Request>>,
    /// What each process had in its hands after the warm-up and at the end.
    pub figures: Vec<(Figures, Figures)>,
    /// The last round's history.
    pub history: Vec<Request>,
}

impl Report {
    /// What some process has more of at the end than at the beginning, beyond what comes and goes.
    #[must_use]
    pub fn grown(&self) -> Vec<&'static str> {
        let mut grown: Vec<_> = self.figures.iter().flat_map(growth).collect();
        grown.sort_unstable();
        grown.dedup();
        grown
    }

    /// What there was up to now, and the processes' figures, on one line.
    pub(super) fn brief(&self, figures: &[Figures]) -> String {
        let (requests, violations) = (self.requests, &self.violations);
        let faults: usize = self.faults.values().sum();
        let mut line = format!("{requests} requests, {faults} faults, violations {violations:?}");
        for (number, figures) in figures.iter().enumerate() {
            write!(line, "; process {number}: ").expect("a text takes all");
            let named = figures.named().map(|(name, of)| format!("{of} {name}"));
            line += &named.join(", ");
        }
        line
    }

    pub(super) fn add(&mut self, history: &[Request], violations: &[Violation]) {
        let of = |outcome| history.iter().filter(|it| it.outcome == outcome).count();
        self.requests += history.len();
        self.acknowledged += of(Outcome::Acknowledged);
        self.unknown += of(Outcome::Unknown);
        self.not_sent += of(Outcome::Failed);
        let acknowledged = || history.iter().filter(|it| it.is_acknowledged());
        self.writes += acknowledged()
            .filter(|it| it.action.mark().is_some())
            .count();
        let is_end = |it: &&Request| it.action == crate::history::Action::End;
        self.ends += acknowledged().filter(is_end).count();
        for (kind, number) in count(violations) {
            *self.violations.entry(kind).or_default() += number;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            sessions,
            requests,
            acknowledged,
            unknown,
            not_sent,
            writes,
            ends,
            ..
        } = self;
        writeln!(
            f,
            "  {requests} requests to {sessions} sessions: {acknowledged} acknowledged (of these {writes} writes, \
             {ends} ends), {unknown} of unknown outcome, {not_sent} not sent"
        )?;
        writeln!(f, "  faults: {:?}", self.faults)?;
        for (number, (before, after)) in self.figures.iter().enumerate() {
            let both = before.named().into_iter().zip(after.named());
            let both =
                both.map(|((name, before), (_, after))| format!("{before} to {after} {name}"));
            let both = both.collect::<Vec<_>>().join(", ");
            writeln!(f, "  process {number}: {both}")?;
        }
        if !self.grown().is_empty() {
            writeln!(
                f,
                "  more at the end than at the beginning: {:?}",
                self.grown()
            )?;
        }
        writeln!(f, "  violations: {:?}", self.violations)?;
        for (kind, history) in &self.shown {
            writeln!(
                f,
                "  {kind:?}, shortest:\n{}",
                crate::history::table(history)
            )?;
        }
        Ok(())
    }
}

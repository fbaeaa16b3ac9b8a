use std::collections::BTreeMap;
use std::fmt;

use crate::checker::{Kind, Violation, count};
use crate::faults::Fault;
use crate::history::{Outcome, Request};
use crate::worker::Figures;

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
    /// What each process had in its hands at the beginning and at the end.
    pub figures: Vec<(Figures, Figures)>,
    /// The last round's history.
    pub history: Vec<Request>,
}

impl Report {
    /// A process with more in its hands at the end than after the first round, beyond what comes and goes.
    #[must_use]
    pub fn grown(&self) -> Option<usize> {
        self.figures.iter().position(|(before, after)| {
            after.resident_kilobytes > before.resident_kilobytes * 5 / 4 + 8_192
                || after.tasks > before.tasks + 20
                || after.open_files > before.open_files + 20
        })
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
            writeln!(
                f,
                "  process {number}: {} to {} kB resident, {} to {} tasks, {} to {} open files, {} to {} of them \
                 sockets",
                before.resident_kilobytes,
                after.resident_kilobytes,
                before.tasks,
                after.tasks,
                before.open_files,
                after.open_files,
                before.sockets,
                after.sockets
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

//! Tells what happened in a schedule.

use std::fmt::{self, Write};

use super::browser::Said;
use super::run::{End, Request, Run, Violation};

/// What happened, step by step.
pub(super) fn story(run: &Run, found: &[Violation]) -> String {
    let mut story = format!("{:?}\n", run.plan.settings);
    for (index, step) in run.steps.iter().enumerate() {
        let number = index + 1;
        let _ = writeln!(story, "{number:4} {step}");
        let changes = run
            .ledger
            .changes
            .iter()
            .filter(|change| change.at == number);
        for change in changes {
            let after = change.after.as_ref().map(|record| {
                let values: Vec<_> = record
                    .values
                    .iter()
                    .map(|(k, v)| format!("{k}={v}"))
                    .collect();
                let digest = &record.digest.as_bytes()[..2];
                format!(
                    "v{} {digest:02x?} {:?} {values:?}",
                    u64::from(record.version),
                    record.owner
                )
            });
            let _ = writeln!(story, "       -> {}", after.as_deref().unwrap_or("gone"));
        }
        for request in run
            .requests
            .iter()
            .filter(|request| request.ended_at == number)
        {
            let _ = writeln!(
                story,
                "       request {} ended: {}",
                request.number,
                Brief(request)
            );
        }
    }
    for Violation { rule, what } in found {
        let _ = writeln!(story, "VIOLATED {rule}: {what}");
    }
    story
}

/// How a request ended, in few words.
struct Brief<'a>(&'a Request);

impl fmt::Display for Brief<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.end {
            End::Answered { status, said } => {
                write!(f, "{status}")?;
                match said {
                    Said::Nothing => {}
                    Said::Remove => write!(f, ", cookie removed")?,
                    Said::Set(cookie) => write!(f, ", cookie {:02x?}", &cookie.digest[..2])?,
                }
            }
            end => write!(f, "{end:?}")?,
        }
        for done in self
            .0
            .notes
            .done
            .iter()
            .filter(|done| done.failed.is_some())
        {
            write!(f, "; {:?} failed: {:?}", done.op, done.failed)?;
        }
        Ok(())
    }
}

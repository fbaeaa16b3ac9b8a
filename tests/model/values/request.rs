//! One request's way: it opens the session, its handler works, and its commit makes one storage call after the other.

use super::plan::{Plan, plan};
use super::record::{MARKS, Mark, Operation, Record, Secret};
use crate::mechanisms::Mechanisms;
use crate::storage::{Saved, Storage, Stored};

/// The id of the one session.
pub const SESSION: u8 = 0;

/// How often a request tries again over what another one wrote; one more is an error.
const RETRIES: u8 = 2;

/// What happens to the answer of a storage call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    Answered,
    /// The call was not made, and nobody says so.
    LostBefore,
    /// The call was made, and nobody says so.
    LostAfter,
}

/// How a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Success: what the handler changed is stored.
    Success,
    /// Success: the session has ended, and the request's log-out did it.
    LoggedOut,
    /// Success, and an event: the session had ended, and the changes went with it.
    Dropped,
    /// Success: the request found no session, and changed none.
    Visitor,
    /// An error that says to try again.
    Error,
    /// No response: the process crashed.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    Sent,
    /// The session is open, and the handler has done its work: what is left is the commit.
    Open(Attempt),
    /// The request brought a former secret, and its log-out ends the session.
    LoggingOut {
        lost: bool,
    },
    Ended(Answer),
}

/// A commit under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// The record as this request loaded it.
    pub opened: Stored<Record>,
    /// The record that the operations are made over.
    pub base: Stored<Record>,
    pub tries: u8,
    /// The last call's answer was lost: it is sent again as it was.
    pub lost: bool,
    /// What is sent again if there is no replay.
    pub stale: Option<Record>,
}

/// What a storage call of a request came to.
pub struct Step {
    pub stage: Stage,
    /// What was stored by it, over which record.
    pub wrote: Option<(Record, Option<Stored<Record>>)>,
}

impl Step {
    fn to(stage: Stage) -> Self {
        Self { stage, wrote: None }
    }
}

/// Loads the session and judges the secret that the request of `operations` brings.
pub fn open(storage: &Storage<Record>, operations: &[Operation], brings: Secret) -> Stage {
    let Some(stored) = storage.load(SESSION) else {
        return Stage::Ended(Answer::Visitor);
    };
    if stored.record.digest == brings {
        let (opened, base) = (stored.clone(), stored.clone());
        return Stage::Open(Attempt {
            opened,
            base,
            tries: 0,
            lost: false,
            stale: None,
        });
    }
    // Rule 6a: the secret is superseded. It opens nothing; its log-out ends the session.
    if operations.iter().any(|operation| operation.logs_out()) {
        Stage::LoggingOut { lost: false }
    } else if operations.is_empty() {
        Stage::Ended(Answer::Visitor)
    } else {
        Stage::Ended(Answer::Error)
    }
}

/// Deletes the session.
pub fn log_out(storage: &mut Storage<Record>, was_lost: bool, fate: Fate) -> Step {
    if fate != Fate::LostBefore {
        storage.delete(SESSION);
    }
    let stage = match (fate, was_lost) {
        (Fate::Answered, _) => Stage::Ended(Answer::LoggedOut),
        (_, false) => Stage::LoggingOut { lost: true },
        (_, true) => Stage::Ended(Answer::Error),
    };
    Step { stage, wrote: None }
}

/// Makes the next storage call of request `by`'s commit.
pub fn commit(
    storage: &mut Storage<Record>,
    by: usize,
    operations: &[Operation],
    attempt: &Attempt,
    fate: Fate,
    mechanisms: &Mechanisms,
) -> Step {
    let planned = plan(by, operations, &attempt.opened, &attempt.base, mechanisms);
    let record = match planned {
        Plan::Touch => {
            if storage.load(SESSION).is_none() && !mechanisms.touch_never_creates {
                storage.save_anyway(SESSION, attempt.base.record.clone());
            }
            return Step::to(Stage::Ended(Answer::Success));
        }
        Plan::Nothing => return Step::to(Stage::Ended(Answer::Success)),
        Plan::Drop => return Step::to(Stage::Ended(Answer::Dropped)),
        Plan::Superseded => return Step::to(Stage::Ended(Answer::Error)),
        Plan::Delete => {
            let mut step = log_out(storage, attempt.lost, fate);
            if let Stage::LoggingOut { .. } = step.stage {
                step.stage = unanswered(attempt);
            }
            return step;
        }
        Plan::Save(record) => attempt.stale.clone().unwrap_or(record),
    };
    if fate == Fate::LostBefore {
        return Step::to(unanswered(attempt));
    }
    let mark = (by, attempt.tries);
    let mut marked = record.clone();
    marked.mark(mark);
    let before = storage.load(SESSION).cloned();
    let saved = if mechanisms.condition {
        storage.save(SESSION, marked.clone(), Some(attempt.base.version))
    } else {
        storage.save_anyway(SESSION, marked.clone());
        Saved::Done
    };
    let wrote = (saved == Saved::Done).then_some((marked, before));
    let stage = match (fate, saved) {
        (Fate::LostAfter, _) => unanswered(attempt),
        (_, Saved::Done) => Stage::Ended(Answer::Success),
        (_, Saved::Conflict(None)) => Stage::Ended(Answer::Dropped),
        (_, Saved::Conflict(Some(current))) => {
            over_another(attempt, mark, &record, current, mechanisms)
        }
    };
    Step { stage, wrote }
}

/// An answer was lost: the call is sent again as it was, once.
fn unanswered(attempt: &Attempt) -> Stage {
    if attempt.lost {
        return Stage::Ended(Answer::Error);
    }
    Stage::Open(Attempt {
        lost: true,
        ..attempt.clone()
    })
}

/// Another request wrote first, or this one did and didn't hear of it.
fn over_another(
    attempt: &Attempt,
    mark: Mark,
    record: &Record,
    current: Stored<Record>,
    mechanisms: &Mechanisms,
) -> Stage {
    if attempt.lost && mechanisms.marks {
        if current.record.marks.contains(&mark) {
            return Stage::Ended(Answer::Success);
        }
        // So much was written since that its mark may be gone.
        let others = usize::from(current.version - attempt.base.version);
        if mechanisms.tells_full_marks && others > MARKS {
            return Stage::Ended(Answer::Error);
        }
    }
    if attempt.tries == RETRIES {
        return Stage::Ended(Answer::Error);
    }
    let mut attempt = attempt.clone();
    attempt.tries += 1;
    attempt.lost = false;
    attempt.stale = (!mechanisms.replay).then(|| record.clone());
    attempt.base = current;
    Stage::Open(attempt)
}

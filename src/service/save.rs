use std::sync::Arc;

use tokio::time::Instant;

use super::service::{Service, failed};
use crate::record::{SessionId, SessionRecord, Version, Written};
use crate::session::{Outcome, SessionError};
use crate::storage::{Saved, SessionStorage, StorageError, StorageErrorKind};

/// What became of a save.
#[derive(Debug)]
pub(crate) enum Sent {
    /// The record was written.
    Done,
    /// It had been written before, when the answer was lost. This is what is stored since.
    Before(Arc<SessionRecord>),
    /// Nothing was written, since another version is stored: this one.
    Conflict(Option<Arc<SessionRecord>>),
}

/// What became of a save that has no answer.
#[derive(Debug)]
pub(crate) struct Unsaved {
    pub(crate) error: SessionError,
    pub(crate) outcome: Outcome,
}

/// Saves, of which each is written once, whatever becomes of the answers.
impl Service {
    /// Writes `record` if the version `expected` is stored. `is_repeated` tells that it was sent before, and the answer
    /// lost.
    ///
    /// A save whose answer is lost is sent again as it is, within the same time limit. The condition sees to it that it
    /// is not made twice, and its mark tells in what is stored whether it was made. What was created may have been ended
    /// since, and is never created again: a creation is then written over itself alone. A register is sent as it was: its
    /// id is the same in every process, and what is there may be another's.
    pub(crate) async fn save(
        &self,
        id: SessionId,
        record: &Arc<SessionRecord>,
        expected: Option<Version>,
        is_repeated: bool,
    ) -> Result<Sent, Unsaved> {
        if let Some(memory) = self.storage.in_memory() {
            let saved = SessionStorage::save(memory, id, Arc::clone(record), expected).await;
            return match saved {
                Ok(saved) => recognized(id, saved, record, false),
                Err(error) => Err(Unsaved::certain(id, error)),
            };
        }
        let begun = Instant::now();
        let send = |limit, expected| {
            self.within(limit, self.storage.save(id, Arc::clone(record), expected))
        };
        let saved = match send(self.storage_timeout / 5 * 4, expected).await {
            Ok(saved) => return recognized(id, saved, record, is_repeated),
            Err(error) if error.wrote_nothing() => {
                return Err(Unsaved::certain(id, error));
            }
            Err(error) => {
                let kind = error.kind();
                tracing::debug!(session.id = %id, error.kind = ?kind, "save without an answer");
                let again = self.storage_timeout.saturating_sub(begun.elapsed());
                let itself = (!id.is_register()).then_some(record.version);
                match (expected, send(again, expected.or(itself)).await) {
                    (None, Ok(Saved::Conflict(None))) => Err(error),
                    // The first one says why.
                    (_, Err(late)) if late.kind() == StorageErrorKind::TimedOut => Err(error),
                    (_, saved) => saved,
                }
            }
        };
        match saved {
            Ok(saved) => recognized(id, saved, record, true),
            Err(error) => Err(Unsaved {
                error: failed(Some(id), error),
                outcome: Outcome::Lost,
            }),
        }
    }
}

impl Unsaved {
    fn certain(id: SessionId, error: StorageError) -> Self {
        Self {
            error: failed(Some(id), error),
            outcome: Outcome::NotWritten,
        }
    }
}

/// A conflict with what this very save has written is none.
fn recognized(
    id: SessionId,
    saved: Saved,
    record: &SessionRecord,
    is_repeated: bool,
) -> Result<Sent, Unsaved> {
    let current = match saved {
        Saved::Done => return Ok(Sent::Done),
        Saved::Conflict(Some(current)) if is_repeated => current,
        Saved::Conflict(current) => return Ok(Sent::Conflict(current)),
    };
    match current.follows(record) {
        Written::Yes => Ok(Sent::Before(current)),
        Written::No => Ok(Sent::Conflict(Some(current))),
        Written::Unknown => {
            tracing::warn!(session.id = %id, "changes dropped: whether a save without an answer was made is not known any more, for others since");
            Err(Unsaved {
                error: SessionError::Conflict,
                outcome: Outcome::Unknown,
            })
        }
    }
}

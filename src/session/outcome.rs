use std::sync::Arc;

use crate::record::SessionRecord;

/// Whether a write that has no answer was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    NotWritten,
    /// It may have been. Sent again as it is, it is recognized.
    Lost,
    /// It may have been, and so many others have written since that nothing tells any more.
    Unknown,
}

/// What became of a write.
pub(crate) enum Written {
    /// The record is as this request wants it.
    Done,
    /// It is, and another request has renewed the session since.
    Renewed,
    /// Another request renewed the session first. What this one could still change is written, but the session is no
    /// longer its. `complete` tells whether that was all it changed.
    BeforeRenewal { complete: bool },
    /// Another request renewed the session first, and this one logs out.
    LogOut(Arc<SessionRecord>),
    /// It was sent again, and others had written first: it was not made the first time either.
    NotMade,
    /// The record is gone.
    Gone,
    /// Another request has done what was due. This is the record.
    AlreadyDone(Arc<SessionRecord>),
}

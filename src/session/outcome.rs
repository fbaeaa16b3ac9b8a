/// Whether a write that has no answer was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    NotWritten,
    /// It may have been. Sent again as it is, it is recognized.
    Lost,
    /// It may have been, and so many others have written since that nothing tells any more.
    Unknown,
}

/// What replaying an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replayed {
    /// The write is to be tried again, over the record as it is now.
    Again,
    /// Another request renewed the session, and no change is left to write.
    Nothing,
    /// Another request renewed the session, and this one logs out: the session is to be deleted.
    LogOut,
    /// Another request has done what was due, and there was nothing else to do.
    AlreadyDone,
}

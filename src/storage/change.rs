use crate::record::SessionId;

/// What a storage [tells](super::SessionStorage::changes) of what happens to sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// This session was saved, touched or removed.
    Session(SessionId),
    /// Any session may have been: which ones, the storage has missed, or it was all of them.
    Any,
}

use crate::record::SessionId;

/// Which of an owner's records a [`delete_owned`](super::SessionStorage::delete_owned) removes.
///
/// ```
/// use axum_bare_session::SessionId;
/// use axum_bare_session::storage::Owned;
///
/// let [id, other] = [7, 8].map(|byte| SessionId::from(uuid::Uuid::from_bytes([byte; 16])));
/// assert!(Owned::All.names(id));
/// assert!(Owned::AllBut(other).names(id));
/// assert!(!Owned::One(other).names(id));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owned {
    /// All of them.
    All,
    /// All but the one under this id. Whether there is one, and whose, does not matter.
    AllBut(SessionId),
    /// The one under this id, if it is the owner's.
    One(SessionId),
}

impl Owned {
    /// Whether the owner's record under `id` is among them.
    #[must_use]
    pub fn names(self, id: SessionId) -> bool {
        match self {
            Self::All => true,
            Self::AllBut(kept) => id != kept,
            Self::One(one) => id == one,
        }
    }
}

use super::limits::Limits;
use crate::record::{Nonce, Secret, SessionRecord, Timestamp, grace};

/// What a write does to the secret of its session.
pub(super) enum SecretChange {
    Keep,
    /// The session is new.
    Create(Secret),
    /// Its privileges change.
    Renew(Secret),
    /// The secret is old: this is its successor, and what that was derived with.
    Derive(Secret, Nonce),
    /// The successor has come back from the browser for the first time.
    SuccessorUsed,
}

impl SecretChange {
    /// The new secret.
    pub(super) fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Create(secret) | Self::Renew(secret) | Self::Derive(secret, _) => Some(secret),
            Self::Keep | Self::SuccessorUsed => None,
        }
    }

    /// Whether nobody asked for it.
    pub(super) const fn is_upkeep(&self) -> bool {
        matches!(self, Self::Derive(..) | Self::SuccessorUsed)
    }

    pub(super) fn apply(&self, record: &mut SessionRecord, now: Timestamp, limits: &Limits) {
        let transport = record.transport();
        let digest = |secret: &Secret| limits.digest(secret, transport);
        match self {
            Self::Keep => {}
            Self::Create(secret) => record.digest = digest(secret),
            Self::Renew(secret) => {
                record.renew(digest(secret), now, grace(limits.renewal_interval));
            }
            Self::Derive(secret, nonce) => record.renew_periodically(digest(secret), *nonce, now),
            Self::SuccessorUsed => record.successor_used(now),
        }
    }
}

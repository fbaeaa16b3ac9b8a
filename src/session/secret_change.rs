use super::limits::Limits;
use super::upkeep::Upkeep;
use crate::record::{Secret, SessionRecord, Timestamp};

/// What a write does to the secret of its session.
#[derive(Debug)]
pub(super) enum SecretChange {
    Keep,
    /// The session is new.
    Create(Secret),
    /// Its privileges change.
    Renew(Secret),
    /// The secret is old.
    RenewPeriodically(Secret),
    /// The secret has come back from the browser for the first time.
    SuccessorUsed,
}

impl SecretChange {
    /// What is due without being asked for.
    pub(super) fn of_upkeep(upkeep: Option<Upkeep>) -> Result<Self, getrandom::Error> {
        Ok(match upkeep {
            None => Self::Keep,
            Some(Upkeep::Renew) => Self::RenewPeriodically(Secret::generate()?),
            Some(Upkeep::SuccessorUsed) => Self::SuccessorUsed,
        })
    }

    /// The new secret.
    pub(super) fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Create(secret) | Self::Renew(secret) | Self::RenewPeriodically(secret) => {
                Some(secret)
            }
            Self::Keep | Self::SuccessorUsed => None,
        }
    }

    /// Whether nobody asked for it.
    pub(super) const fn is_upkeep(&self) -> bool {
        matches!(self, Self::RenewPeriodically(_) | Self::SuccessorUsed)
    }

    pub(super) fn apply(&self, record: &mut SessionRecord, now: Timestamp, limits: &Limits) {
        match self {
            Self::Keep => {}
            Self::Create(secret) => record.digest = secret.digest(&limits.scope),
            Self::Renew(secret) => record.renew(secret.digest(&limits.scope)),
            Self::RenewPeriodically(secret) => {
                let interval = limits.renewal_interval.unwrap_or_default();
                record.renew_periodically(secret.digest(&limits.scope), now, interval);
            }
            Self::SuccessorUsed => record.successor_used(),
        }
    }
}

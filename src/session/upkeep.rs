use super::limits::Limits;
use super::state::{Phase, State};
use crate::record::{Opens, Timestamp};

/// What a request does for its session without being asked, where secrets are renewed periodically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upkeep {
    /// Gives it a new secret.
    Renew,
    /// Notes that the secret of the latest renewal has reached the browser.
    SuccessorUsed,
}

impl State {
    /// What is due at `now`.
    pub(super) fn upkeep(&self, now: Timestamp, limits: &Limits) -> Option<Upkeep> {
        let interval = limits.renewal_interval?;
        let record = &self.stored.as_ref()?.record;
        let can_send_cookie = matches!(self.phase, Phase::Open | Phase::Committing);
        match self.opened_by? {
            Opens::WithCurrent if can_send_cookie && record.is_renewal_due(now, interval) => {
                Some(Upkeep::Renew)
            }
            Opens::WithCurrent if record.awaits_successor() => Some(Upkeep::SuccessorUsed),
            // Counted from when the request came, as a slow one says nothing about what the browser has got since.
            Opens::WithFormer
                if can_send_cookie && record.is_successor_lost(self.opened_at?, interval) =>
            {
                Some(Upkeep::Renew)
            }
            _ => None,
        }
    }
}

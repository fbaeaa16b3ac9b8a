use super::changes::Changes;
use super::limits::Limits;
use super::operation::Operation;
use super::secret_change::SecretChange;
use super::state::{Phase, State};
use super::stored::Stored;
use crate::record::{Nonce, Random, Secret, SessionId, SessionRecord, Timestamp, Token, Transport};

/// What a request does for its session without being asked, where secrets are renewed periodically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upkeep {
    /// Gives it the next secret.
    Renew,
    /// Notes that the secret of the latest renewal has reached the browser.
    SuccessorUsed,
}

impl State {
    /// What is due at `now`: only the present secret, shown by the browser, has a successor or is one that was used.
    pub(super) fn upkeep(&self, now: Timestamp, limits: &Limits) -> Option<Upkeep> {
        let interval = limits.renewal_interval?;
        let (record, _) = self.shown()?;
        if record.transport() == Transport::Bearer {
            return None;
        }
        let can_send_cookie = matches!(self.phase, Phase::Handling | Phase::Responding);
        if can_send_cookie && record.is_renewal_due(now, interval) {
            Some(Upkeep::Renew)
        } else {
            record.awaits_successor().then_some(Upkeep::SuccessorUsed)
        }
    }

    /// The id to write under, and what becomes of the secret: what `changes` ask for, or else what is due.
    pub(super) fn identify(
        &self,
        changes: &Changes,
        upkeep: Option<Upkeep>,
        now: Timestamp,
        random: &Random,
    ) -> Result<(SessionId, SecretChange), getrandom::Error> {
        let Some(Stored { id, .. }) = self.status.live() else {
            let Token { id, secret } = Token::generate(now, random)?;
            return Ok((id, SecretChange::Create(secret)));
        };
        let secret = match (upkeep, self.shown()) {
            _ if changes.any(Operation::renews) => SecretChange::Renew(Secret::generate(random)?),
            (Some(Upkeep::Renew), Some((_, secret))) => {
                let nonce = Nonce::generate(random)?;
                SecretChange::Derive(secret.successor(&nonce), nonce)
            }
            (Some(Upkeep::SuccessorUsed), _) => SecretChange::SuccessorUsed,
            _ => SecretChange::Keep,
        };
        Ok((*id, secret))
    }

    /// The stored record, and its secret, if the browser has shown that.
    fn shown(&self) -> Option<(&SessionRecord, &Secret)> {
        let record = &self.status.live()?.record;
        Some((record, self.held.as_ref()?.shown(record)?))
    }
}

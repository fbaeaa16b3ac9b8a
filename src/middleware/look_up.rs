use std::sync::Arc;

use crate::record::{Digest, Opens, SessionId, SessionRecord, Timestamp, Token, Transport, grace};
use crate::service::event::SessionEventKind;
use crate::service::service::Service;
use crate::service::suspected_theft::SuspectedTheft;
use crate::session::{Held, SessionError, Stored};
use crate::transport::cookie::{Candidate, Signed};

/// What one cookie of a request opens.
pub(super) enum Found {
    Nothing,
    Live(Stored, Option<Held>),
    Superseded(Stored),
    Stolen(Stored),
}

impl Service {
    /// Loads the record that a secret opens, if it does and the record is alive.
    pub(super) async fn look_up(
        &self,
        candidate: Candidate,
        transport: Transport,
        now: Timestamp,
    ) -> Result<Found, SessionError> {
        let Candidate { token, signed } = candidate;
        let Token { id, secret } = token;
        // A forged one is worth no call to the storage.
        if signed == Signed::Never {
            self.report(SessionEventKind::WrongSignature, id, None);
            return Ok(Found::Nothing);
        }
        let Some(loaded) = self.load_readable(id).await? else {
            self.report(SessionEventKind::UnknownId, id, None);
            return Ok(Found::Nothing);
        };
        let digest = self.limits.digest(&secret, transport);
        let held = Held::brought(secret, digest, signed == Signed::Before);
        if digest == loaded.digest && loaded.is_live(&self.limits.timeouts, now) {
            return Ok(Found::Live(Stored { id, record: loaded }, Some(held)));
        }
        // In a box, since it is rare, and every request would carry it along.
        Box::pin(self.look_up_again(id, loaded, held, digest, now)).await
    }

    /// Asks again past any memory of the storage's for a record that the cookie seems not to open, and says why it does
    /// not.
    async fn look_up_again(
        &self,
        id: SessionId,
        loaded: Arc<SessionRecord>,
        held: Held,
        digest: Digest,
        now: Timestamp,
    ) -> Result<Found, SessionError> {
        let Some(record) = self.revalidate_readable(id, loaded).await? else {
            self.report(SessionEventKind::UnknownId, id, None);
            return Ok(Found::Nothing);
        };
        let opens = record.opened_by(&digest, now, grace(self.limits.renewal_interval));
        let is_live = record.is_live(&self.limits.timeouts, now);
        let owner = record.owner.clone();
        let stored = Stored { id, record };
        let refused = match opens {
            Opens::Not => SessionEventKind::WrongSecret,
            _ if !is_live => SessionEventKind::Expired,
            Opens::WithCurrent => return Ok(Found::Live(stored, Some(held))),
            Opens::WithFormer(nonce) => {
                let successor = held.successor(&nonce, &self.limits);
                return Ok(Found::Live(stored, Some(successor)));
            }
            Opens::OnItsWay => return Ok(Found::Live(stored, None)),
            Opens::Superseded => return Ok(Found::Superseded(stored)),
            Opens::Stolen => return Ok(Found::Stolen(stored)),
        };
        self.report(refused, id, owner.as_ref());
        Ok(Found::Nothing)
    }

    /// Two parties have known the secret, and nobody can tell which of them is the visitor.
    pub(super) async fn suspect_theft(&self, stored: Stored) -> Result<(), SessionError> {
        let Stored { id, record } = stored;
        self.report(SessionEventKind::SuspectedTheft, id, record.owner.as_ref());
        if self.policy.suspected_theft == SuspectedTheft::EndSession {
            self.end_as(SessionEventKind::Revoked, id, Some(&record))
                .await?;
        }
        Ok(())
    }
}

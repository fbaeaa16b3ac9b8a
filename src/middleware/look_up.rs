use std::sync::Arc;

use smallvec::SmallVec;

use crate::record::{Digest, Opens, SessionId, SessionRecord, Timestamp, Token, Transport, grace};
use crate::service::event::SessionEventKind;
use crate::service::service::Service;
use crate::service::suspected_theft::SuspectedTheft;
use crate::session::{Held, SessionError, Stored};
use crate::transport::cookie::{Candidate, Signed};

/// What the secrets of a request open.
#[derive(Default)]
pub(super) struct Found {
    /// Live sessions, with the secret of each that is known.
    pub(super) live: SmallVec<[(Stored, Option<Held>); 1]>,
    /// Live ones of former cookies, beside a session of the present one.
    pub(super) others: Vec<Stored>,
    /// One whose secret a log-in has just replaced.
    pub(super) superseded: Option<Stored>,
    /// One whose former secret was used too late.
    pub(super) stolen: Option<Stored>,
}

impl Service {
    /// Loads the record that a secret opens, if it does and the record is alive, and adds it to `found`.
    pub(super) async fn look_up(
        &self,
        candidate: Candidate,
        transport: Transport,
        now: Timestamp,
        found: &mut Found,
    ) -> Result<(), SessionError> {
        let Candidate { token, signed } = candidate;
        let Token { id, secret } = token;
        // A forged one is worth no call to the storage.
        if signed == Signed::Never {
            self.report(SessionEventKind::WrongSignature, id, None);
            return Ok(());
        }
        let Some(loaded) = self.load_readable(id).await? else {
            self.report(SessionEventKind::UnknownId, id, None);
            return Ok(());
        };
        let digest = self.limits.digest(&secret, transport);
        let held = Held::brought(secret, digest, signed == Signed::Before);
        if digest == loaded.digest && loaded.is_live(&self.limits.timeouts, now) {
            let stored = Stored { id, record: loaded };
            found.live.push((stored, Some(held)));
            return Ok(());
        }
        // In a box, since it is rare, and every request would carry it along.
        Box::pin(self.look_up_again(id, loaded, held, digest, now, found)).await
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
        found: &mut Found,
    ) -> Result<(), SessionError> {
        let Some(record) = self.revalidate_readable(id, loaded).await? else {
            self.report(SessionEventKind::UnknownId, id, None);
            return Ok(());
        };
        let opens = record.opened_by(&digest, now, grace(self.limits.renewal_interval));
        let is_live = record.is_live(&self.limits.timeouts, now);
        let stored = Stored { id, record };
        let held = match opens {
            Opens::Superseded if is_live => {
                found.superseded = Some(stored);
                return Ok(());
            }
            Opens::Stolen if is_live => {
                found.stolen = Some(stored);
                return Ok(());
            }
            Opens::WithCurrent if is_live => Some(held),
            Opens::WithFormer(nonce) if is_live => Some(held.successor(&nonce, &self.limits)),
            Opens::OnItsWay if is_live => None,
            opens => {
                let record = &stored.record;
                let (refused, owner) = match opens {
                    // Another scope's is nobody's here.
                    _ if !self.limits.is_of_scope(record) => (SessionEventKind::UnknownId, None),
                    Opens::Not => (SessionEventKind::WrongSecret, record.owner.as_ref()),
                    _ => (SessionEventKind::Expired, record.owner.as_ref()),
                };
                self.report(refused, id, owner);
                return Ok(());
            }
        };
        found.live.push((stored, held));
        Ok(())
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

use std::sync::Arc;

use axum::http::HeaderMap;

use crate::transport::cookie::{Candidate, Signed, candidates};
use crate::service::event::SessionEventKind;
use crate::service::suspected_theft::SuspectedTheft;
use crate::service::service::Service;
use super::slot::{CookieChange, Outgoing, Slot};
use crate::record::{Digest, Opens, Secret, SessionId, SessionRecord, Timestamp, Token};
use crate::session::{SessionError, Stored};

/// How many well-formed cookies of one name are tried; a request has one, unless another site of the same domain planted more.
const MAX_CANDIDATES: usize = 4;

impl Slot {
    /// Loads the session that the request's cookie opens, at the first call.
    pub(super) async fn open(&self, headers: &HeaderMap) -> Result<(), SessionError> {
        // An atomic flag, where the session has a lock.
        if self.is_consulted() && self.session.is_open() {
            return Ok(());
        }
        self.consult();
        // The future of every handler holds this one, and costs more the longer it is: that of a load stays out of it.
        match self.service.at_once(|| self.load(headers)) {
            Some(loaded) => loaded,
            None => Box::pin(self.load(headers)).await,
        }
    }

    async fn load(&self, headers: &HeaderMap) -> Result<(), SessionError> {
        let now = self.service.now();
        let found = self.find(headers, now).await?;
        let opened = found.map(|(outgoing, stored, opened_by)| (outgoing, (stored, opened_by)));
        let (outgoing, opened) = opened.unzip();
        if self.session.open(now, opened)
            && let Some(outgoing) = outgoing
        {
            *self.outgoing() = outgoing;
        }
        Ok(())
    }

    /// The live session that one of the request's cookies opens. Two different ones: none, whatever their order.
    async fn find(
        &self,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Option<(Outgoing, Stored, Opens)>, SessionError> {
        let service = &self.service;
        let (name, signatures) = (service.cookie.name(), service.cookie.signatures());
        let candidates = candidates(headers, name, signatures)
            .filter(|candidate| service.is_signed(candidate))
            .take(MAX_CANDIDATES);
        let mut found = None::<(Outgoing, Stored, Opens)>;
        for Candidate { token, signed } in candidates {
            let Token { id, secret } = token;
            let Some((record, opened_by)) = service.look_up(id, &secret, now).await? else {
                continue;
            };
            match &found {
                Some((_, first, _)) if first.id != id => {
                    tracing::warn!("request with cookies of two live sessions refused");
                    return Ok(None);
                }
                _ => {
                    // A secret that was replaced never goes out again.
                    let is_current = opened_by == Opens::WithCurrent;
                    let outgoing = Outgoing {
                        secret: Some(secret).filter(|_| is_current),
                        is_signed_anew: signed == Signed::Before && is_current,
                        cookie: CookieChange::None,
                    };
                    found = Some((outgoing, Stored { id, record }, opened_by));
                }
            }
        }
        Ok(found)
    }
}

impl Service {
    /// Whether a cookie bears the signature it should. A forged one is worth no call to the storage.
    fn is_signed(&self, candidate: &Candidate) -> bool {
        let is_signed = candidate.signed != Signed::Never;
        if !is_signed {
            self.report(SessionEventKind::WrongSignature, candidate.token.id, None);
        }
        is_signed
    }

    /// Loads the record that `secret` opens, if it does and the record is alive.
    async fn look_up(
        &self,
        id: SessionId,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<Option<(Arc<SessionRecord>, Opens)>, SessionError> {
        let Some(loaded) = self.load_readable(id).await? else {
            self.report(SessionEventKind::UnknownId, id, None);
            return Ok(None);
        };
        let digest = secret.digest(&self.limits.scope);
        let opens = loaded.opened_by(&digest, now);
        if matches!(opens, Opens::WithCurrent | Opens::WithFormer)
            && loaded.is_live(&self.limits.timeouts, now)
        {
            return Ok(Some((loaded, opens)));
        }
        // In a box, since it is rare, and every request would carry it along.
        Box::pin(self.look_up_again(id, loaded, digest, now)).await
    }

    /// Asks again past any memory of the storage's for a record that seems not to be opened, and says why it is not.
    async fn look_up_again(
        &self,
        id: SessionId,
        loaded: Arc<SessionRecord>,
        digest: Digest,
        now: Timestamp,
    ) -> Result<Option<(Arc<SessionRecord>, Opens)>, SessionError> {
        let Some(record) = self.revalidate_readable(id, loaded).await? else {
            self.report(SessionEventKind::UnknownId, id, None);
            return Ok(None);
        };
        let (opens, owner) = (record.opened_by(&digest, now), record.owner.as_ref());
        if opens == Opens::Not {
            self.report(SessionEventKind::WrongSecret, id, owner);
            return Ok(None);
        }
        if !record.is_live(&self.limits.timeouts, now) {
            self.report(SessionEventKind::Expired, id, owner);
            return Ok(None);
        }
        if opens == Opens::NotAnyMore {
            self.suspect_theft(id, owner).await?;
            return Ok(None);
        }
        Ok(Some((record, opens)))
    }

    /// Two parties have known the secret, and nobody can tell which of them is the visitor.
    async fn suspect_theft(
        &self,
        id: SessionId,
        owner: Option<&Arc<str>>,
    ) -> Result<(), SessionError> {
        self.report(SessionEventKind::SuspectedTheft, id, owner);
        match self.suspected_theft {
            SuspectedTheft::Refuse => Ok(()),
            SuspectedTheft::EndSession => self.revoke(id, owner).await,
        }
    }
}

/// Loads the session again, and tells whether this request may still see it.
pub(super) async fn reload(slot: &Slot) -> Result<bool, SessionError> {
    let _alone = slot.saving.lock().await;
    let Some(Stored { id, record }) = slot.session.stored() else {
        return Ok(false);
    };
    let (service, now) = (&slot.service, slot.service.now());
    // Behind another number is what only those may see who know the new secret.
    let is_visible = |current: &SessionRecord| {
        current.renewals == record.renewals && current.is_live(&service.limits.timeouts, now)
    };
    let current = match service.load_readable(id).await? {
        Some(loaded) if !is_visible(&loaded) => service.revalidate_readable(id, loaded).await?,
        loaded => loaded,
    };
    let current = current.filter(|current| is_visible(current));
    let Some(record) = current else {
        slot.session.lost(id);
        return Ok(false);
    };
    slot.session.refresh(Stored { id, record });
    Ok(true)
}

use std::error::Error;

use axum::http::HeaderMap;

use super::look_up::Found;
use super::slot::Slot;
use crate::record::{SessionRecord, Timestamp, Transport};
use crate::session::{Opened, Reload, SessionError, Stored};
use crate::transport::bearer::{Bearer, bearer};
use crate::transport::cookie::{Candidate, CookieWriter, Signed, candidates, why_not_kept};

impl Slot {
    /// Loads the session that the request's cookie opens, at the first call. `is_active` tells whether that is activity
    /// of the visitor's.
    pub(super) async fn open(
        &self,
        headers: &HeaderMap,
        is_active: bool,
    ) -> Result<(), SessionError> {
        // An atomic flag, where the session has a lock.
        if !(self.is_consulted() && self.session.is_open()) {
            self.consult();
            // The future of every handler holds this one, and costs more the longer it is: that of a load stays out of
            // it.
            match self.service.at_once(|| self.load(headers)) {
                Some(loaded) => loaded?,
                None => Box::pin(self.load(headers)).await?,
            }
        }
        if is_active && let Some(stored) = self.session.activate(&self.service.limits) {
            Box::pin(self.put_off_end(&stored)).await;
        }
        Ok(())
    }

    async fn load(&self, headers: &HeaderMap) -> Result<(), SessionError> {
        let now = self.service.now();
        let mut opened = self.find(headers, now).await?;
        if let Opened::Live(stored, ..) = &opened
            && stored.record.is_bound()
        {
            // In a box, since it is rare, and every request would carry it along.
            opened = Box::pin(self.enforce_binding(opened, headers, now)).await?;
        }
        self.session.open(now, opened);
        Ok(())
    }

    /// Touches a session that is about to end, so that it is still there when the handler has returned: who came in
    /// time is in time. Where a clean-up was faster, what the handler writes is an error, and no success that is dropped.
    async fn put_off_end(&self, stored: &Stored) {
        let now = self.service.now();
        let expires_at = self.service.limits.put_off(&stored.record, now);
        if !self.touch(stored, now, expires_at).await {
            let reloaded = reload(self, Reload::AsLoaded).await;
            if let Err(error) = reloaded {
                tracing::warn!(session.id = %stored.id, error = &error as &dyn Error, "session not reloaded");
            }
        }
    }

    /// The live session that the request's cookies open, whether or not a bound one is opened on its device. Two
    /// different ones: none, whatever their order.
    pub(super) async fn find(
        &self,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Opened, SessionError> {
        let (service, cookie) = (&self.service, &self.service.cookie);
        if let Some(prefix) = &service.limits.bearer_prefix
            && let Some(bearer) = bearer(headers, prefix)
        {
            return Box::pin(self.find_bearer(bearer, now)).await;
        }
        let mut found = Found::default();
        let was_any = self.look_up_all(cookie, headers, now, &mut found).await?;
        if !was_any {
            service.not_kept(|| why_not_kept(&service.policy.cookie, headers));
        }
        if !cookie.former().is_empty() {
            Box::pin(self.look_up_former(headers, now, &mut found)).await?;
        }
        let Found {
            mut live, others, ..
        } = found;
        // Of two secrets of one session the one that is known to be in use.
        live.sort_by_key(|(stored, held)| (stored.id, held.is_none()));
        live.dedup_by_key(|(stored, _)| stored.id);
        if let Some(stolen) = found.stolen
            && !live.iter().any(|(live, _)| live.id == stolen.id)
        {
            Box::pin(service.suspect_theft(stolen)).await?;
        }
        if live.len() > 1 {
            let ids: Vec<_> = live.iter().map(|(live, _)| live.id.to_string()).collect();
            let ids = ids.join(", ");
            tracing::warn!(session.ids = %ids, "request with cookies of several live sessions refused");
            let several = live.into_iter().map(|(live, _)| live);
            return Ok(Opened::Several(several.chain(others).collect()));
        }
        Ok(match (live.pop(), found.superseded) {
            (Some((stored, held)), _) => Opened::Live(stored, held, others),
            (None, Some(stored)) => Opened::Superseded(stored, others),
            (None, None) => Opened::Nothing,
        })
    }

    /// The live session that a bearer token opens. The request's cookie does not count.
    async fn find_bearer(&self, bearer: Bearer, now: Timestamp) -> Result<Opened, SessionError> {
        self.session.came_by_bearer();
        let mut found = Found::default();
        match bearer {
            Bearer::Token(token) => {
                let signed = Signed::Now;
                let candidate = Candidate { token, signed };
                let transport = Transport::Bearer;
                self.service
                    .look_up(candidate, transport, now, &mut found)
                    .await?;
            }
            Bearer::Malformed => {
                tracing::debug!("bearer token refused: malformed, or more than one");
            }
        }
        Ok(match (found.live.pop(), found.superseded) {
            (Some((stored, held)), _) => Opened::Live(stored, held, Vec::new()),
            (None, Some(stored)) => Opened::Superseded(stored, Vec::new()),
            (None, None) => Opened::Nothing,
        })
    }

    /// Looks up all sessions that one cookie's name has values of, and returns whether there was one that is
    /// well-formed.
    async fn look_up_all(
        &self,
        cookie: &CookieWriter,
        headers: &HeaderMap,
        now: Timestamp,
        found: &mut Found,
    ) -> Result<bool, SessionError> {
        let candidates = candidates(headers, cookie.name(), cookie.signatures());
        let was_any = !candidates.is_empty();
        for candidate in candidates {
            let transport = Transport::Cookie;
            self.service
                .look_up(candidate, transport, now, found)
                .await?;
        }
        Ok(was_any)
    }

    /// Adds the sessions of former cookies, which the response removes. Where the present one is of a session, they
    /// wait for their end, with the next log-in or log-out.
    async fn look_up_former(
        &self,
        headers: &HeaderMap,
        now: Timestamp,
        found: &mut Found,
    ) -> Result<(), SessionError> {
        let cookie = &self.service.cookie;
        let mut moved = Vec::new();
        for former in cookie.former() {
            if former.name() == cookie.name() {
                continue;
            }
            let mut of_former = Found::default();
            self.look_up_all(former, headers, now, &mut of_former)
                .await?;
            let is_present = !found.live.is_empty() || found.superseded.is_some();
            found.superseded = found.superseded.take().or(of_former.superseded);
            found.stolen = found.stolen.take().or(of_former.stolen);
            if !of_former.live.is_empty() {
                moved.extend(former.remove());
            }
            for (stored, mut held) in of_former.live {
                if is_present && found.live.iter().all(|(live, _)| live.id != stored.id) {
                    found.others.push(stored);
                    continue;
                }
                if let Some(held) = &mut held {
                    held.send_again();
                }
                found.live.push((stored, held));
            }
        }
        if !moved.is_empty() {
            let _ = self.moved.set(moved);
        }
        Ok(())
    }
}

/// Loads the session again, and tells whether this request may still see it.
pub(super) async fn reload(slot: &Slot, how: Reload) -> Result<bool, SessionError> {
    let _alone = slot.saving.lock().await;
    look_again(slot, how).await
}

/// The same, for whoever has the lock of the request's saves.
pub(super) async fn look_again(slot: &Slot, how: Reload) -> Result<bool, SessionError> {
    let Some(Stored { id, record }) = slot.session.live() else {
        return Ok(false);
    };
    let (service, now) = (&slot.service, slot.service.now());
    // Behind another number is what only those may see who know the new secret.
    let is_visible = |current: &SessionRecord| current.renewals == record.renewals;
    let is_live = |current: &SessionRecord| current.is_live(&service.limits.timeouts, now);
    let current = match service.load_readable(id).await? {
        Some(loaded) if how == Reload::AsLoaded && is_visible(&loaded) && is_live(&loaded) => {
            Some(loaded)
        }
        Some(loaded) => service.revalidate_readable(id, loaded).await?,
        None => None,
    };
    match current.filter(|current| is_live(current)) {
        Some(record) if is_visible(&record) => {
            slot.session.refresh(Stored { id, record });
            Ok(true)
        }
        Some(_) => {
            slot.session.lose_secret();
            Ok(false)
        }
        None => {
            slot.session.ended();
            Ok(false)
        }
    }
}

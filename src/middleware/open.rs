use axum::http::{HeaderMap, HeaderValue};
use smallvec::SmallVec;

use super::look_up::Found;
use super::slot::Slot;
use crate::record::{SessionRecord, Timestamp, Transport};
use crate::session::{Held, Opened, Reload, SessionError, Stored};
use crate::transport::bearer::{Bearer, bearer};
use crate::transport::cookie::{Candidate, CookieWriter, Signed, candidates, why_not_kept};

/// What all cookies of a name open.
#[derive(Default)]
struct Finds {
    /// Whether there was one that is well-formed.
    was_any: bool,
    live: SmallVec<[(Stored, Option<Held>); 1]>,
    /// Live ones beside that.
    others: Vec<Stored>,
    superseded: Option<Stored>,
    stolen: Option<Stored>,
    /// What removes the former cookies that opened one.
    moved: Vec<HeaderValue>,
}

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
        let opened = self.find(headers, now).await?;
        self.session.open(now, opened);
        Ok(())
    }

    /// Touches a session that is about to end, so that it is still there when the handler has returned: who came in
    /// time is in time.
    async fn put_off_end(&self, stored: &Stored) {
        let now = self.service.now();
        let expires_at = self.service.limits.put_off(&stored.record, now);
        self.touch(stored, now, expires_at).await;
    }

    /// The live session that the request's cookies open. Two different ones: none, whatever their order.
    pub(super) async fn find(
        &self,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Opened, SessionError> {
        let opened = self.find_by_secret(headers, now).await?;
        match &opened {
            // In a box, since it is rare, and every request would carry it along.
            Opened::Live(stored, ..) if stored.record.is_bound() => {
                Box::pin(self.enforce_binding(opened, headers, now)).await
            }
            _ => Ok(opened),
        }
    }

    /// The same, whether or not a bound session is opened on its device.
    pub(super) async fn find_by_secret(
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
        let mut found = Finds::default();
        self.look_up_all(&mut found, cookie, headers, now).await?;
        if !found.was_any {
            service.not_kept(|| why_not_kept(&service.policy.cookie, headers));
        }
        for former in cookie.former() {
            if former.name() != cookie.name() {
                Box::pin(self.add_former(&mut found, former, headers, now)).await?;
            }
        }
        if !found.moved.is_empty() {
            let _ = self.moved.set(found.moved);
        }
        let mut live = found.live;
        // Of two secrets of one session the one that is known to be in use.
        live.sort_by_key(|(stored, held)| (stored.id, held.is_none()));
        live.dedup_by_key(|(stored, _)| stored.id);
        if let Some(stolen) = found.stolen
            && !live.iter().any(|(live, _)| live.id == stolen.id)
        {
            service.suspect_theft(stolen).await?;
        }
        let several = live.len() > 1;
        if several {
            let ids: Vec<_> = live.iter().map(|(live, _)| live.id.to_string()).collect();
            let ids = ids.join(", ");
            tracing::warn!(session.ids = %ids, "request with cookies of several live sessions refused");
            let several = live.into_iter().map(|(live, _)| live);
            return Ok(Opened::Several(several.chain(found.others).collect()));
        }
        Ok(match (live.pop(), found.superseded) {
            (Some((stored, held)), _) => Opened::Live(stored, held, found.others),
            (None, Some(stored)) => Opened::Superseded(stored, found.others),
            (None, None) => Opened::Nothing,
        })
    }

    /// The live session that a bearer token opens. The request's cookie does not count.
    async fn find_bearer(&self, bearer: Bearer, now: Timestamp) -> Result<Opened, SessionError> {
        self.session.came_by_bearer();
        let found = match bearer {
            Bearer::Token(token) => {
                let signed = Signed::Now;
                let candidate = Candidate { token, signed };
                self.service
                    .look_up(candidate, Transport::Bearer, now)
                    .await?
            }
            Bearer::Malformed => {
                tracing::debug!("bearer token refused: malformed, or more than one");
                Found::Nothing
            }
        };
        Ok(match found {
            Found::Live(stored, held) => Opened::Live(stored, held, Vec::new()),
            Found::Superseded(stored) => Opened::Superseded(stored, Vec::new()),
            Found::Nothing | Found::Stolen(_) => Opened::Nothing,
        })
    }

    /// Looks up all sessions that one cookie's name has values of.
    async fn look_up_all(
        &self,
        found: &mut Finds,
        cookie: &CookieWriter,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<(), SessionError> {
        for candidate in candidates(headers, cookie.name(), cookie.signatures()) {
            found.was_any = true;
            let transport = Transport::Cookie;
            match self.service.look_up(candidate, transport, now).await? {
                Found::Nothing => {}
                Found::Live(stored, held) => found.live.push((stored, held)),
                Found::Superseded(stored) => found.superseded = Some(stored),
                Found::Stolen(stored) => found.stolen = Some(stored),
            }
        }
        Ok(())
    }

    /// Adds the sessions of a former cookie, which the response removes. Where the present one is of a session, they
    /// wait for their end, with the next log-in or log-out.
    async fn add_former(
        &self,
        found: &mut Finds,
        former: &CookieWriter,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<(), SessionError> {
        let mut of_former = Finds::default();
        self.look_up_all(&mut of_former, former, headers, now)
            .await?;
        let is_present = !found.live.is_empty() || found.superseded.is_some();
        found.superseded = found.superseded.take().or(of_former.superseded);
        found.stolen = found.stolen.take().or(of_former.stolen);
        if !of_former.live.is_empty() {
            found.moved.extend(former.remove());
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
        Ok(())
    }
}

/// Loads the session again, and tells whether this request may still see it.
pub(super) async fn reload(slot: &Slot, how: Reload) -> Result<bool, SessionError> {
    let _alone = slot.saving.lock().await;
    let Some(Stored { id, record }) = slot.session.live() else {
        return Ok(false);
    };
    let (service, now) = (&slot.service, slot.service.now());
    // Behind another number is what only those may see who know the new secret.
    let is_visible = |current: &SessionRecord| {
        current.renewals == record.renewals && current.is_live(&service.limits.timeouts, now)
    };
    let current = match service.load_readable(id).await? {
        Some(loaded) if how == Reload::PastMemory || !is_visible(&loaded) => {
            service.revalidate_readable(id, loaded).await?
        }
        loaded => loaded,
    };
    match current {
        Some(record) if is_visible(&record) => {
            slot.session.refresh(Stored { id, record });
            Ok(true)
        }
        Some(renewed) if renewed.renewals != record.renewals => {
            slot.session.lose_secret();
            Ok(false)
        }
        _ => {
            slot.session.ended();
            Ok(false)
        }
    }
}

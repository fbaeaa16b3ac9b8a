use std::error::Error;
use std::sync::Arc;

use crate::service::event::SessionEventKind;
use super::open::reload;
use crate::service::service::Service;
use super::slot::{CookieChange, Outgoing, Slot};
use crate::record::{SessionRecord, Timestamp};
use crate::session::{Attempt, Change, Replayed, Session, SessionError, Stored};
use crate::storage::Saved;

/// How often a write is tried again over what other requests wrote first. Each conflict means that another request has
/// finished, so only more parallel requests than these on one session can exceed it.
const MAX_ATTEMPTS: usize = 256;

/// What became of a write.
enum Written {
    /// The record is as this request wants it.
    Done,
    /// Another request renewed the session first. What this one may still change is written, but the session is no longer its.
    /// `complete` tells whether that was all it changed.
    BeforeRenewal { complete: bool },
    /// The record is gone.
    Gone,
    /// Another request renewed the session first, and this one logged out. The record is deleted.
    LoggedOut,
    /// Another request has done what was due. This is the record.
    AlreadyDone(Arc<SessionRecord>),
}

/// Brings the storage up to date with the session after the handler. That the session is gone by now is no error: absence wins.
pub(super) async fn commit(slot: Arc<Slot>) -> Result<(), SessionError> {
    let saved_early = slot.has_saved_early();
    match save(Arc::clone(&slot)).await {
        Ok(()) | Err(SessionError::Ended) => {}
        Err(error) => {
            // The response will say that nothing was saved, so nothing may be saved later.
            slot.session.give_up();
            return Err(error);
        }
    }
    // A cookie that was due before is sent only if no other request has ended or renewed the session since.
    if saved_early && slot.has_saved_early() {
        let is_alive = Box::pin(reload(&slot)).await.unwrap_or(true);
        if !is_alive || slot.session.is_renewed_by_another() {
            *slot.outgoing() = Outgoing::default();
        }
    }
    slot.session.committed();
    Ok(())
}

/// Brings the storage up to date with the session.
pub(super) async fn save(slot: Arc<Slot>) -> Result<(), SessionError> {
    let _alone = slot.saving.lock().await;
    let (service, session) = (&*slot.service, &slot.session);
    loop {
        let now = service.now();
        match session.next_change(now, &service.limits)? {
            Change::None => return Ok(()),
            Change::Read(stored) => {
                touch(&slot, &stored, now).await;
                return Ok(());
            }
            Change::Destroy(Stored { id, record }) => {
                service.delete(id).await?;
                let kind = match record.owner {
                    Some(_) => SessionEventKind::LoggedOut,
                    None => SessionEventKind::Destroyed,
                };
                service.report(kind, id, record.owner.as_ref());
                session.deleted();
                *slot.outgoing() = Outgoing::removal();
                // What was written after `destroy` makes a new session.
            }
            Change::Expired { stored, dropped } => {
                let Stored { id, record } = stored;
                service.report(SessionEventKind::Expired, id, record.owner.as_ref());
                if dropped {
                    tracing::info!(session.id = %id, "changes dropped: the session expired meanwhile");
                    return Err(SessionError::Ended);
                }
                return Ok(());
            }
            Change::Write(attempt) => {
                let is_upkeep = attempt.is_upkeep();
                // Here, since an async function would hold twice what it is given.
                let mut unanswered = Unanswered {
                    session,
                    attempt,
                    answered: false,
                };
                return match write(&slot, &mut unanswered, now).await {
                    Err(error) if is_upkeep => {
                        // It is due at the next request as well.
                        let error = &error as &dyn Error;
                        tracing::warn!(error, "session not renewed");
                        Ok(())
                    }
                    written => written,
                };
            }
        }
    }
}

async fn write(
    slot: &Slot,
    unanswered: &mut Unanswered<'_>,
    now: Timestamp,
) -> Result<(), SessionError> {
    let (service, session) = (&slot.service, &slot.session);
    if let Some(log_in) = unanswered.attempt.logged_in() {
        // In a box, as what follows the write: log-ins are rare, and every commit would carry them along.
        let is_allowed = Box::pin(service.check_session_limit(&log_in)).await;
        if let Err(SessionError::TooManySessions { .. }) = &is_allowed {
            unanswered.answered = true;
            session.withdrawn(log_in.former());
        }
        is_allowed?;
    }
    let written = store(service, &mut unanswered.attempt, now).await?;
    unanswered.answered = true;
    if let (Written::Done, Some(log_in)) = (&written, unanswered.attempt.logged_in()) {
        Box::pin(service.keep_session_limit(session, &log_in)).await?;
    }
    let attempt = &unanswered.attempt;
    match written {
        Written::Done => {
            service.report_write(attempt);
            let persistent = service.cookie.is_persistent(attempt.remembered(), now);
            let mut outgoing = slot.outgoing();
            if attempt.is_renewed_by_another() {
                *outgoing = Outgoing::default();
            }
            if let Some(secret) = attempt.secret() {
                outgoing.secret = Some(secret.clone());
                outgoing.cookie = CookieChange::Set;
            } else if persistent || outgoing.is_signed_anew {
                outgoing.cookie = CookieChange::Set;
            }
            session.saved(attempt);
            Ok(())
        }
        Written::BeforeRenewal { complete } => {
            *slot.outgoing() = Outgoing::default();
            session.end(attempt.id);
            complete.then_some(()).ok_or(SessionError::Ended)
        }
        Written::LoggedOut => {
            let owner = attempt.former_owner();
            service.report(SessionEventKind::LoggedOut, attempt.id, owner);
            *slot.outgoing() = Outgoing::removal();
            session.end(attempt.id);
            Ok(())
        }
        Written::AlreadyDone(record) => {
            *slot.outgoing() = Outgoing::default();
            session.refresh(Stored {
                id: attempt.id,
                record,
            });
            Ok(())
        }
        Written::Gone => {
            tracing::info!(session.id = %attempt.id, "changes dropped: the session ended meanwhile");
            *slot.outgoing() = Outgoing::default();
            session.end(attempt.id);
            Err(SessionError::Ended)
        }
    }
}

/// An attempt under way. Where it fails, or nobody waits for it any more, its changes go back to be saved another time.
struct Unanswered<'a> {
    session: &'a Session,
    attempt: Attempt,
    answered: bool,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.session.failed(&mut self.attempt);
        }
    }
}

/// Writes an attempt, over what other requests wrote first.
async fn store(
    service: &Service,
    attempt: &mut Attempt,
    now: Timestamp,
) -> Result<Written, SessionError> {
    let id = attempt.id;
    let mut replayed = Replayed::All;
    for _ in 0..MAX_ATTEMPTS {
        let record = Arc::clone(&attempt.record);
        let current = match service.save(id, record, attempt.expected()).await? {
            Saved::Done => {
                return Ok(match replayed {
                    Replayed::BeforeRenewal { dropped } => Written::BeforeRenewal {
                        complete: dropped == 0,
                    },
                    _ => Written::Done,
                });
            }
            Saved::Conflict(_) if attempt.creates() => break,
            Saved::Conflict(current) => current,
        };
        let limits = &service.limits;
        let Some(current) = current.filter(|current| current.is_live(&limits.timeouts, now)) else {
            return Ok(Written::Gone);
        };
        replayed = attempt.replay(Some(&current), now, limits)?;
        match replayed {
            Replayed::All => tracing::debug!(session.id = %id, "conflict: changes replayed"),
            Replayed::BeforeRenewal { dropped } => {
                tracing::info!(session.id = %id, changes.dropped = dropped, "conflict: session was renewed meanwhile");
            }
            Replayed::Nothing { dropped } => {
                if dropped > 0 {
                    tracing::info!(session.id = %id, "changes dropped: session was renewed meanwhile");
                }
                let complete = dropped == 0;
                return Ok(Written::BeforeRenewal { complete });
            }
            Replayed::AlreadyDone => return Ok(Written::AlreadyDone(current)),
            Replayed::LogOut => {
                service.delete(id).await?;
                return Ok(Written::LoggedOut);
            }
        }
    }
    tracing::warn!(session.id = %id, "session not saved: too many requests change it at once");
    Err(SessionError::Conflict)
}

/// Moves the expiry of a session that was only looked at, if that is due. That it fails loses nothing, and fails no request.
async fn touch(slot: &Slot, stored: &Stored, now: Timestamp) {
    let (service, Stored { id, record }) = (&slot.service, stored);
    // A cookie goes out again only where the storage has just confirmed that the session is still this request's.
    let is_signed_anew = slot.outgoing().is_signed_anew;
    if !is_signed_anew && !service.limits.is_touch_due(record, now) {
        return;
    }
    let expires_at = record.limit(&service.limits.timeouts, now);
    match service.touch(*id, record.version, now, expires_at).await {
        Ok(true) => {
            slot.session.refresh(stored.touched(now, expires_at));
            if is_signed_anew
                || service
                    .cookie
                    .is_persistent(record.remember().is_some(), now)
            {
                slot.outgoing().cookie = CookieChange::Set;
            }
        }
        // Another request saved the session, which is as good as a touch, or ended it.
        Ok(false) => {}
        Err(error) => {
            tracing::warn!(session.id = %id, error = &error as &dyn Error, "session not touched");
        }
    }
}

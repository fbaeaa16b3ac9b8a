use std::error::Error;
use std::sync::Arc;

use super::open::reload;
use super::slot::Slot;
use crate::record::{SessionRecord, Timestamp};
use crate::service::event::SessionEventKind;
use crate::service::queue::Turn;
use crate::service::service::Service;
use crate::session::{Attempt, Change, Replayed, SessionError, Stored};
use crate::storage::Saved;

/// How often a write is tried again over what other requests wrote first. Each conflict means that another request has
/// finished, so only more parallel requests than these on one session can exceed it.
const MAX_ATTEMPTS: usize = 256;

/// How many ids are tried for a new session. One that is taken is not to be expected once.
const MAX_IDS: usize = 4;

/// What became of a write.
enum Written {
    /// The record is as this request wants it.
    Done,
    /// Another request renewed the session first. What this one could still change is written, but the session is no longer its.
    /// `complete` tells whether that was all it changed.
    BeforeRenewal { complete: bool },
    /// Another request renewed the session first, and this one logs out.
    LogOut(Arc<SessionRecord>),
    /// The record is gone.
    Gone,
    /// Another request has done what was due. This is the record.
    AlreadyDone(Arc<SessionRecord>),
}

/// Brings the storage up to date with the session after the handler. That the session is gone by now is no error: absence wins.
pub(super) async fn commit(slot: Arc<Slot>) -> Result<(), SessionError> {
    let is_confirmed = match save_changes(&slot).await {
        Ok(is_confirmed) => is_confirmed,
        Err(SessionError::Ended) => false,
        Err(error) => {
            // The response will say that nothing was saved, so nothing may be saved later.
            slot.session.fail();
            return Err(error);
        }
    };
    // A cookie that was due before goes out only where no other request has ended or renewed the session since.
    if !is_confirmed && slot.session.is_cookie_due() {
        let reloaded = Box::pin(reload(&slot)).await;
        if let Err(error) = reloaded {
            tracing::warn!(
                error = &error as &dyn Error,
                "cookie sent as of the last save"
            );
        }
    }
    slot.session.committed();
    Ok(())
}

/// Brings the storage up to date with the session, on the handler's request.
pub(super) async fn save(slot: Arc<Slot>) -> Result<(), SessionError> {
    save_changes(&slot).await.map(drop)
}

/// Does what is to be done to the storage, and returns whether that has just confirmed that the session is this request's.
async fn save_changes(slot: &Slot) -> Result<bool, SessionError> {
    let _alone = slot.saving.lock().await;
    let (service, session) = (&*slot.service, &slot.session);
    loop {
        let now = service.now();
        match session.next_change(now, &service.limits)? {
            Change::None => return Ok(false),
            Change::Read(stored) => return Ok(touch(slot, &stored, now).await),
            Change::Delete(Stored { id, record }) => {
                service
                    .end_as(ended_by_handler(&record), id, Some(&record))
                    .await?;
                session.deleted(id);
                // What was written after `destroy` makes a new session.
            }
            Change::Write {
                attempt,
                is_repeated,
            } => {
                let is_upkeep = attempt.is_upkeep();
                match write(slot, attempt, now).await {
                    // What was changed after an attempt that failed comes next.
                    Ok(()) if is_repeated => {}
                    Ok(()) => return Ok(true),
                    Err(error) if is_upkeep => {
                        // It is due at the next request as well.
                        let error = &error as &dyn Error;
                        tracing::warn!(error, "session not renewed");
                        return Ok(false);
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }
}

fn ended_by_handler(record: &SessionRecord) -> SessionEventKind {
    match record.owner {
        Some(_) => SessionEventKind::LoggedOut,
        None => SessionEventKind::Destroyed,
    }
}

async fn write(slot: &Slot, mut attempt: Attempt, now: Timestamp) -> Result<(), SessionError> {
    let (service, session) = (&slot.service, &slot.session);
    let stored = match attempt.logs_in().cloned() {
        None => store(service, &mut attempt, now).await,
        // In a box, since log-ins are rare, and every commit would carry it along.
        Some(owner) => Box::pin(log_in(service, &mut attempt, &owner, now)).await,
    };
    match stored {
        Ok(written) => Box::pin(conclude(slot, &mut attempt, written, now)).await,
        Err(error @ SessionError::TooManySessions { .. }) => {
            session.refused();
            Err(error)
        }
        Err(error) => {
            session.failed(attempt);
            if let SessionError::Superseded = error {
                session.superseded();
            }
            Err(error)
        }
    }
}

/// A write that gives the session to an owner: saved once it has its place among the owner's sessions.
async fn log_in(
    service: &Service,
    attempt: &mut Attempt,
    owner: &Arc<str>,
    now: Timestamp,
) -> Result<Written, SessionError> {
    let reservation = service.reserve(owner, attempt.id).await?;
    let is_kept = reservation
        .as_ref()
        .is_none_or(|it| it.is_kept(service.now()));
    let written = if is_kept {
        store(service, attempt, now).await
    } else {
        Err(SessionError::Conflict)
    };
    if let Some(reservation) = reservation
        && !matches!(written, Ok(Written::Done))
    {
        service.give_up_reservation(reservation).await;
    }
    written
}

/// Notes what became of a write, and tells it.
async fn conclude(
    slot: &Slot,
    attempt: &mut Attempt,
    written: Written,
    now: Timestamp,
) -> Result<(), SessionError> {
    let (service, session, id) = (&slot.service, &slot.session, attempt.id);
    match written {
        Written::Done => {
            service.report_write(attempt);
            session.saved(attempt, &service.limits);
            if service.cookie.is_persistent(attempt.remembered(), now) {
                session.send_again();
            }
            if let Some(former) = attempt.left_by_its_owner() {
                service.give_up_place(id, former, now).await;
            }
        }
        Written::BeforeRenewal { complete } => {
            session.superseded();
            return complete.then_some(()).ok_or(SessionError::Ended);
        }
        Written::LogOut(record) => {
            let kind = SessionEventKind::LoggedOut;
            service.end_as(kind, id, Some(&record)).await?;
            session.logged_out(id);
        }
        Written::AlreadyDone(record) => session.refresh(Stored { id, record }),
        Written::Gone => {
            tracing::info!(session.id = %id, "changes dropped: the session ended meanwhile");
            session.ended();
            return Err(SessionError::Ended);
        }
    }
    Ok(())
}

/// Writes an attempt, over what other requests wrote first.
async fn store(
    service: &Service,
    attempt: &mut Attempt,
    now: Timestamp,
) -> Result<Written, SessionError> {
    let (limits, mut turn) = (&service.limits, None::<Turn<'_>>);
    let mut written = Written::Done;
    for conflicts in 1..=MAX_ATTEMPTS {
        if attempt.creates() && attempt.is_unanswered() {
            if service.was_created(attempt.id, &attempt.record).await? {
                return Ok(written);
            }
            // Whoever saw it may have ended it: it is never created again.
            attempt.draw_again(now, limits)?;
        }
        let (id, expected) = (attempt.id, attempt.expected());
        let is_repeated = attempt.is_unanswered();
        let saved = service
            .save(id, &attempt.record, expected, is_repeated)
            .await;
        let current = match saved {
            Ok(Saved::Done) => {
                if let Some(turn) = &mut turn {
                    turn.wrote(&attempt.record);
                }
                return Ok(written);
            }
            Ok(Saved::Conflict(current)) => current,
            Err(unsaved) => {
                if unsaved.is_lost {
                    attempt.lost();
                }
                return Err(unsaved.error);
            }
        };
        if attempt.creates() {
            if conflicts == MAX_IDS {
                break;
            }
            attempt.draw_again(now, limits)?;
            continue;
        }
        let Some(mut current) = current else {
            return Ok(Written::Gone);
        };
        // From the second conflict on, requests of this process take turns: n of them then save a few times n, and not n times n.
        if conflicts > 1 && turn.is_none() && !service.answers_at_once() {
            turn = Some(Box::pin(service.queues.turn(id)).await);
        }
        if let Some(turn) = &turn {
            current = turn.newer(current);
        }
        written = match attempt.replay(&current, now, limits)? {
            Replayed::All => {
                tracing::debug!(session.id = %id, "conflict: changes replayed");
                Written::Done
            }
            Replayed::BeforeRenewal { dropped } => {
                tracing::info!(session.id = %id, changes.dropped = dropped, "conflict: session was renewed meanwhile");
                Written::BeforeRenewal {
                    complete: dropped == 0,
                }
            }
            Replayed::Nothing { dropped } => {
                if dropped > 0 {
                    tracing::info!(session.id = %id, changes.dropped = dropped, "changes dropped: session was renewed meanwhile");
                }
                let complete = dropped == 0;
                return Ok(Written::BeforeRenewal { complete });
            }
            Replayed::AlreadyDone => return Ok(Written::AlreadyDone(current)),
            Replayed::LogOut => return Ok(Written::LogOut(current)),
        };
    }
    tracing::warn!(session.id = %attempt.id, "session not saved: too many requests change it at once");
    Err(SessionError::Conflict)
}

/// Moves the expiry of a session that was only looked at, if that is due. That it fails loses nothing, and fails no request. Returns whether
/// the storage has just confirmed that the session is still this request's.
async fn touch(slot: &Slot, stored: &Stored, now: Timestamp) -> bool {
    let (service, Stored { id, record }) = (&slot.service, stored);
    if !service.limits.is_touch_due(record, now) {
        return false;
    }
    let expires_at = record.limit(&service.limits.timeouts, now);
    match service.touch(*id, record.version, now, expires_at).await {
        Ok(true) => {
            slot.session.refresh(stored.touched(now, expires_at));
            let is_remembered = record.remember().is_some();
            if service.cookie.is_persistent(is_remembered, now) {
                slot.session.send_again();
            }
            true
        }
        // Another request saved the session, which is as good as a touch, or ended it.
        Ok(false) => false,
        Err(error) => {
            tracing::warn!(session.id = %id, error = &error as &dyn Error, "session not touched");
            false
        }
    }
}

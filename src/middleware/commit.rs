use std::error::Error;
use std::sync::Arc;

use super::open::reload;
use super::slot::Slot;
use super::store::{Written, store};
use crate::record::{SessionRecord, Timestamp};
use crate::service::event::SessionEventKind;
use crate::service::service::Service;
use crate::session::{Attempt, Change, Reload, SessionError, Stored};

/// Brings the storage up to date with the session after the handler. That the session is gone by now is no error:
/// absence wins.
pub(super) async fn commit(slot: Arc<Slot>) -> Result<(), SessionError> {
    let saved = match save_changes(&slot).await {
        Err(SessionError::Ended) => Ok(false),
        saved => saved,
    };
    if saved.is_err() {
        // The response will say that nothing was saved, so nothing may be saved later.
        slot.session.fail();
    }
    // A cookie that was due before goes out only where no other request has ended or renewed the session since.
    let is_confirmed = matches!(saved, Ok(true));
    if !is_confirmed && slot.session.is_cookie_due() {
        let reloaded = Box::pin(reload(&slot, Reload::AsLoaded)).await;
        if let Err(error) = reloaded {
            tracing::warn!(
                error = &error as &dyn Error,
                "cookie sent as of the last save"
            );
        }
    }
    slot.session.committed();
    saved.map(drop)
}

/// Brings the storage up to date with the session, on the handler's request.
pub(super) async fn save(slot: Arc<Slot>) -> Result<(), SessionError> {
    save_changes(&slot).await.map(drop)
}

/// Does what is to be done to the storage, and returns whether that has just confirmed that the session is this
/// request's.
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
                    Ok(_) if is_repeated => {}
                    Ok(is_confirmed) => return Ok(is_confirmed),
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

/// Makes a write, and returns whether the storage has just confirmed that the session is this request's.
async fn write(
    slot: &Slot,
    mut attempt: Box<Attempt>,
    now: Timestamp,
) -> Result<bool, SessionError> {
    let (service, session) = (&slot.service, &slot.session);
    let stored = match attempt.logs_in().cloned() {
        None => store(service, &mut attempt, now).await,
        // In a box, since log-ins are rare, and every commit would carry it along.
        Some(owner) => Box::pin(log_in(service, &mut attempt, &owner, now)).await,
    };
    match stored {
        Ok(written) => Box::pin(conclude(slot, attempt, written, now)).await,
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
    // One whose answer was lost may be stored, or come to be: it keeps its place for the minute.
    if let Some(reservation) = reservation
        && !matches!(written, Ok(Written::Done))
        && !attempt.is_unanswered()
    {
        service.give_up_reservation(reservation).await;
    }
    written
}

/// Notes what became of a write, and tells it.
async fn conclude(
    slot: &Slot,
    attempt: Box<Attempt>,
    written: Written,
    now: Timestamp,
) -> Result<bool, SessionError> {
    let (service, session, id) = (&slot.service, &slot.session, attempt.id);
    match written {
        Written::Done | Written::Renewed => {
            service.report_write(&attempt);
            session.saved(&attempt);
            if let Written::Renewed = written {
                session.lose_secret();
            }
            if service
                .cookie
                .is_sent_again(attempt.is_or_was_remembered(), now)
            {
                session.send_again();
            }
            if let Some(former) = attempt.left_by_its_owner() {
                service.give_up_place(id, former, now).await;
                // The session may have ended meanwhile.
                return Ok(service.session_limit.is_none());
            }
        }
        Written::BeforeRenewal { complete } => {
            session.superseded();
            return complete.then_some(true).ok_or(SessionError::Ended);
        }
        Written::AlreadyDone(record) => session.refresh(Stored { id, record }),
        Written::LogOut(record) => {
            let kind = SessionEventKind::LoggedOut;
            if let Err(error) = service.end_as(kind, id, Some(&record)).await {
                session.failed(attempt);
                return Err(error);
            }
            session.logged_out(id);
        }
        Written::Gone => {
            tracing::info!(session.id = %id, "changes dropped: the session ended meanwhile");
            session.ended();
            return Err(SessionError::Ended);
        }
    }
    Ok(true)
}

/// Moves the expiry of a session that was only looked at, if that is due. That it fails loses nothing, and fails no
/// request. Returns whether the storage has just confirmed that the session is still this request's.
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
            if service.cookie.is_sent_again(is_remembered, now) {
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

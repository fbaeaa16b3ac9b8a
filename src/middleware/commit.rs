use std::error::Error;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use futures_util::FutureExt;

use super::open::{look_again, reload};
use super::slot::Slot;
use super::store::store;
use crate::record::{SessionRecord, Timestamp};
use crate::service::event::SessionEventKind;
use crate::service::service::Service;
use crate::session::{Attempt, Change, Reload, SessionError, Stored, Written};

/// Brings the storage up to date with the session after the handler. That the session is gone by now is no error, since
/// absence wins; that a panic has taken changes with it is one.
pub(super) async fn commit(slot: Arc<Slot>) -> Result<(), SessionError> {
    let saved = match AssertUnwindSafe(save_changes(&slot)).catch_unwind().await {
        Ok(Err(SessionError::Ended)) if !slot.session.has_failed() => Ok(false),
        Ok(saved) => saved,
        Err(panic) => {
            slot.session.fail();
            resume_unwind(panic)
        }
    };
    if saved.is_err() {
        // The response will say that nothing was saved, so nothing may be saved later.
        slot.session.fail();
    }
    // A cookie that was due before goes out only where no other request has ended or renewed the session since.
    let is_confirmed = matches!(saved, Ok(true));
    if !is_confirmed && slot.session.is_cookie_due() {
        let reloaded = Box::pin(reload(&slot, Reload::PastMemory)).await;
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
    if session.is_late() {
        // What this request saw may be hours old: others have kept the session alive since, changed it, or ended it.
        Box::pin(look_again(slot, Reload::PastMemory)).await?;
    }
    loop {
        let now = service.now();
        match session.next_change(now, &service.limits)? {
            Change::None => return Ok(false),
            Change::Read(stored) => {
                let (limits, record) = (&service.limits, &stored.record);
                if !limits.is_touch_due(record, now) {
                    return Ok(false);
                }
                let expires_at = record.limit(&limits.timeouts, now);
                return Ok(slot.touch(&stored, now, expires_at).await);
            }
            Change::Delete(Stored { id, record }) => {
                let kind = ended_by_handler(&record);
                Box::pin(service.end_as(kind, id, Some(&record))).await?;
                session.deleted(id);
                // What was written after `destroy` makes a new session.
            }
            Change::Write {
                attempt,
                is_repeated,
            } => {
                let is_upkeep = attempt.is_upkeep();
                match write(slot, attempt, now).await {
                    // What was changed after an attempt that failed comes next, with it where it was not made.
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
async fn write(slot: &Slot, mut attempt: Attempt, now: Timestamp) -> Result<bool, SessionError> {
    let (service, session) = (&slot.service, &slot.session);
    let written = AssertUnwindSafe(async {
        attempt.refresh(now, &service.limits)?;
        match attempt.logs_in().cloned() {
            None => store(service, &mut attempt, None, now).await,
            // In a box, since log-ins are rare, and every commit would carry it along.
            Some(owner) => Box::pin(log_in(service, &mut attempt, &owner, now)).await,
        }
    });
    match written.catch_unwind().await {
        Ok(Ok(written)) => conclude(slot, attempt, written, now).await,
        Ok(Err(error @ SessionError::TooManySessions { .. })) => {
            session.refused();
            Err(error)
        }
        // A closure of the application's has panicked when it was called again. All else is still to be saved.
        Err(panic) => {
            session.failed(attempt);
            resume_unwind(panic)
        }
        Ok(Err(error)) => {
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
    let id = attempt.id;
    let reservation = service.reserve(owner, id).await?;
    let written = store(service, attempt, reservation.as_ref(), now).await;
    let keeps_place = match &written {
        Ok(Written::Done) => attempt.id == id,
        Ok(_) => false,
        // It may be stored, or come to be: it keeps its place for the minute.
        Err(_) => attempt.is_unanswered(),
    };
    if let Some(reservation) = reservation
        && !keeps_place
    {
        service.give_up_reservation(reservation).await;
    }
    written
}

/// Notes what became of a write, and tells it.
async fn conclude(
    slot: &Slot,
    mut attempt: Attempt,
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
            slot.send_again(attempt.is_or_was_remembered(), now);
            if let Some(former) = attempt.left_by_its_owner() {
                Box::pin(service.give_up_place(id, former, now)).await;
                // The session may have ended meanwhile.
                return Ok(service.policy.session_limit.is_none());
            }
        }
        Written::NotMade => {
            attempt.was_not_made();
            session.failed(attempt);
        }
        Written::BeforeRenewal { complete } => {
            session.superseded();
            return complete.then_some(true).ok_or(SessionError::Ended);
        }
        Written::AlreadyDone(record) => session.refresh(Stored { id, record }),
        Written::LogOut(record) => {
            let kind = ended_by_handler(&record);
            if let Err(error) = Box::pin(service.end_as(kind, id, Some(&record))).await {
                session.failed(attempt);
                return Err(error);
            }
            session.logged_out(&Stored { id, record });
        }
        Written::Gone => {
            tracing::info!(session.id = %id, "changes dropped: the session ended meanwhile");
            session.ended();
            return Err(SessionError::Ended);
        }
    }
    Ok(true)
}

use std::sync::Arc;

use crate::record::{SessionRecord, Timestamp};
use crate::service::queue::Turn;
use crate::service::save::Sent;
use crate::service::service::Service;
use crate::service::session_limit::Reservation;
use crate::session::{Attempt, Replayed, SessionError};

/// How often a write is tried again over what other requests wrote first. Each conflict means that another request has
/// finished, so only more parallel requests than these on one session can exceed it.
const MAX_ATTEMPTS: usize = 256;

/// How many ids are tried for a new session. One that is taken is not to be expected once.
const MAX_IDS: usize = 4;

/// What became of a write.
pub(super) enum Written {
    /// The record is as this request wants it.
    Done,
    /// It is, and another request has renewed the session since.
    Renewed,
    /// Another request renewed the session first. What this one could still change is written, but the session is no
    /// longer its. `complete` tells whether that was all it changed.
    BeforeRenewal { complete: bool },
    /// Another request renewed the session first, and this one logs out.
    LogOut(Arc<SessionRecord>),
    /// It was sent again, and others had written first: it was not made the first time either.
    NotMade,
    /// The record is gone.
    Gone,
    /// Another request has done what was due. This is the record.
    AlreadyDone(Arc<SessionRecord>),
}

/// Writes an attempt, over what other requests wrote first. No save of a log-in begins once its place may be another's.
pub(super) async fn store(
    service: &Service,
    attempt: &mut Attempt,
    reservation: Option<&Reservation<'_>>,
    now: Timestamp,
) -> Result<Written, SessionError> {
    let (limits, mut turn) = (&service.limits, None::<Turn<'_>>);
    for conflicts in 1..=MAX_ATTEMPTS {
        let (id, expected) = (attempt.id, attempt.expected());
        let is_repeated = attempt.is_unanswered();
        if reservation.is_some_and(|it| !it.is_kept(service.now())) {
            return Err(SessionError::Conflict);
        }
        let saved = service
            .save(id, &attempt.record, expected, is_repeated)
            .await;
        let current = match saved {
            Ok(sent @ (Sent::Done | Sent::Before(_))) => {
                if let Some(turn) = &mut turn {
                    turn.wrote(&attempt.record);
                }
                let is_renewed = |it: &SessionRecord| it.digest != attempt.record.digest;
                return Ok(match (attempt.dropped(), sent) {
                    (Some(dropped), _) => Written::BeforeRenewal {
                        complete: dropped == 0,
                    },
                    (None, Sent::Before(now)) if is_renewed(&now) => Written::Renewed,
                    (None, _) => Written::Done,
                });
            }
            Ok(Sent::Conflict(current)) => current,
            Err(unsaved) => {
                attempt.unsaved(unsaved.outcome);
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
        if is_repeated {
            return Ok(Written::NotMade);
        }
        // From the second conflict on, requests of this process take turns: n of them then save a few times n, and not
        // n times n.
        if conflicts > 1 && turn.is_none() && !service.answers_at_once() {
            turn = Some(Box::pin(service.queues.turn(id)).await);
        }
        if let Some(turn) = &turn {
            current = turn.newer(current);
        }
        let replayed = attempt.replay(&current, now, limits)?;
        match (replayed, attempt.dropped()) {
            (Replayed::Again, None) => {
                tracing::debug!(session.id = %id, "conflict: changes replayed");
            }
            (Replayed::Again, Some(dropped)) => {
                tracing::info!(session.id = %id, changes.dropped = dropped, "conflict: session was renewed meanwhile");
            }
            (Replayed::Nothing, dropped) => {
                if let Some(dropped @ 1..) = dropped {
                    tracing::info!(session.id = %id, changes.dropped = dropped, "changes dropped: session was renewed meanwhile");
                }
                let complete = dropped == Some(0);
                return Ok(Written::BeforeRenewal { complete });
            }
            (Replayed::AlreadyDone, _) => return Ok(Written::AlreadyDone(current)),
            (Replayed::LogOut, _) => return Ok(Written::LogOut(current)),
        }
    }
    tracing::warn!(session.id = %attempt.id, "session not saved: too many requests change it at once");
    Err(SessionError::Conflict)
}

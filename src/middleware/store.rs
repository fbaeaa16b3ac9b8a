use crate::record::{SessionRecord, Timestamp};
use crate::service::queue::Turn;
use crate::service::save::Sent;
use crate::service::service::Service;
use crate::service::session_limit::Reservation;
use crate::session::{Attempt, SessionError, Written};

/// How often a write is tried again over what other requests wrote first. Each conflict means that another request has
/// finished, so only more parallel requests than these on one session can exceed it.
const MAX_ATTEMPTS: usize = 256;

/// How many ids are tried for a new session. One that is taken is not to be expected once.
const MAX_IDS: usize = 4;

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
        match (&replayed, attempt.dropped()) {
            (None, None) => tracing::debug!(session.id = %id, "conflict: changes replayed"),
            (None, Some(dropped)) => {
                tracing::info!(session.id = %id, changes.dropped = dropped, "conflict: session was renewed meanwhile");
            }
            (Some(_), Some(dropped @ 1..)) => {
                tracing::info!(session.id = %id, changes.dropped = dropped, "changes dropped: session was renewed meanwhile");
            }
            (Some(_), _) => {}
        }
        if let Some(written) = replayed {
            return Ok(written);
        }
    }
    tracing::warn!(session.id = %attempt.id, "session not saved: too many requests change it at once");
    Err(SessionError::Conflict)
}

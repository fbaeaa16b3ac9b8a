use std::sync::PoisonError;

use super::held::Held;
use super::limits::Limits;
use super::operation::Operation;
use super::outgoing::Outgoing;
use super::state::{Phase, State, Status};
use super::stored::Stored;
use crate::record::{SessionId, Timestamp};
use crate::sync::{Mutex, MutexGuard};

/// One request's session: the record as it was loaded, and the request's changes beside it.
#[derive(Default)]
pub(crate) struct Session {
    state: Mutex<State>,
}

/// What a request's cookies open.
#[derive(Debug)]
pub(crate) enum Opened {
    /// Nothing.
    Nothing,
    /// A live session, with the secret of it that is known, and others beside it, from former cookies.
    Live(Stored, Option<Held>, Vec<Stored>),
    /// A session whose secret a log-in has just replaced, and others beside it, from former cookies.
    Superseded(Stored, Vec<Stored>),
    /// Several live sessions.
    Several(Vec<Stored>),
}

impl Session {
    /// Begins the request's session with what the storage holds at `now`, unless another extractor did so meanwhile.
    pub(crate) fn open(&self, now: Timestamp, opened: Opened) {
        self.with(|state| {
            if state.opened_at.is_some() {
                return;
            }
            state.opened_at = Some(now);
            match opened {
                Opened::Nothing => {}
                Opened::Live(stored, held, others) => {
                    state.brought.push(stored.id);
                    state.status = Status::Live(stored);
                    (state.held, state.others) = (held, others);
                }
                Opened::Superseded(stored, others) => {
                    state.brought.push(stored.id);
                    let was_open = false;
                    state.status = Status::Superseded { stored, was_open };
                    state.others = others;
                }
                Opened::Several(several) => {
                    state.brought.extend(several.iter().map(|other| other.id));
                    state.others = several;
                }
            }
        });
    }

    /// Notes that the request is activity, and returns the session if it ends soon, and that is not known yet.
    pub(crate) fn activate(&self, limits: &Limits) -> Option<Stored> {
        self.with(|state| {
            if std::mem::replace(&mut state.is_active, true) {
                return None;
            }
            let stored = state.status.live()?;
            let ends_soon = limits.ends_soon(&stored.record, state.opened_at?);
            ends_soon.then(|| stored.clone())
        })
    }

    /// Whether an extractor has asked for the session.
    pub(crate) fn is_open(&self) -> bool {
        self.with(|state| state.opened_at.is_some())
    }

    /// Notes that the handler has returned, so that no cookie can be asked for from now on. Returns what the response
    /// says of the cookie; `None` where the storage is to hear of the session first.
    pub(crate) fn conclude(&self, limits: &Limits) -> Option<Outgoing> {
        self.with(|state| {
            let is_due = match (state.opened_at, &state.status) {
                _ if state.phase == Phase::Failed => true,
                // A clone's save may be under way: the response waits for it, since it may bring a cookie.
                _ if state.changes.is_some() || state.saving.is_some() => true,
                _ if state.doomed().is_some() => true,
                // It was only looked at.
                _ if !state.is_active => false,
                _ if state.is_cookie_due() => true,
                (Some(now), _) if state.upkeep(now, limits).is_some() => true,
                (Some(now), Status::Live(stored)) => limits.is_touch_due(&stored.record, now),
                _ => false,
            };
            if state.phase == Phase::Handling {
                state.phase = match is_due {
                    true => Phase::Responding,
                    false => Phase::Sent,
                };
            }
            (!is_due).then(|| state.outgoing())
        })
    }

    /// Notes that what the handler changed is saved.
    pub(crate) fn committed(&self) {
        self.with(|state| {
            if state.phase == Phase::Responding {
                state.phase = Phase::Sent;
            }
        });
    }

    /// Notes that nothing is saved any more: the handler has panicked, or the response says that nothing was saved.
    pub(crate) fn fail(&self) {
        let unsaved = self.with(|state| {
            let unsaved =
                (state.phase == Phase::Handling && state.is_unsaved()).then(|| state.any_id());
            state.phase = Phase::Failed;
            // The response says that nothing was done, and whether a deletion was is not known.
            state.removed = false;
            state.logs_out = false;
            if state.doomed().is_some() {
                state.held = None;
            }
            state.revert();
            unsaved
        });
        if let Some(id) = unsaved {
            let id = id.map(tracing::field::display);
            tracing::warn!(session.id = id, "changes dropped: the handler panicked");
        }
    }

    /// Whether the response is on its way, or nobody waits for it. What is saved then is a visit of its own.
    pub(crate) fn is_late(&self) -> bool {
        self.with(|state| matches!(state.phase, Phase::Sent | Phase::Abandoned))
    }

    /// Whether changes were lost, so that nothing is saved any more.
    pub(crate) fn has_failed(&self) -> bool {
        self.with(|state| state.phase == Phase::Failed)
    }

    /// Notes that nobody waits for the response any more: what would need a cookie is not saved.
    pub(crate) fn abandon(&self) {
        self.with(|state| {
            state.phase = Phase::Abandoned;
            let needs_cookie = match state.status {
                Status::Live(_) => state.any(Operation::renews),
                Status::Visitor | Status::Destroyed(_) => state.has_operations(),
                Status::Superseded { .. } | Status::Ended(_) => false,
            };
            if needs_cookie {
                state.phase = Phase::Failed;
                state.discard();
            }
        });
    }

    /// The record as this request knows it, if it has a live session.
    pub(crate) fn live(&self) -> Option<Stored> {
        self.with(|state| state.status.live().cloned())
    }

    /// Whether a secret is to be sent, if it still is the session's.
    pub(crate) fn is_cookie_due(&self) -> bool {
        self.with(|state| state.is_cookie_due())
    }

    /// What the response says of the session's cookie.
    pub(crate) fn outgoing(&self) -> Outgoing {
        self.with(|state| state.outgoing())
    }

    /// Whether the response logs an owner out.
    pub(crate) fn logs_out(&self) -> bool {
        self.with(|state| state.logs_out)
    }

    /// Does `work` on the state under its lock.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let done = work(&mut state);
        if !state.discarded.is_empty() {
            let discarded = std::mem::take(&mut state.discarded);
            drop(state);
            // It may hold the application's values, whose code may come back here.
            drop(discarded);
        }
        done
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code of the application's runs under this lock, so nothing half-done stands behind a poisoned one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The session's id, or that of one that was destroyed: for the log.
    pub(super) fn any_id(&self) -> Option<SessionId> {
        let stored = self.status.readable().or(self.doomed());
        stored.map(|stored| stored.id)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let state = self.state.get_mut();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        if state.phase == Phase::Sent && state.is_unsaved() {
            tracing::warn!(
                session.id = state.any_id().map(tracing::field::display),
                "changes that were made to the session after the response are lost: call `save` after them"
            );
        }
    }
}

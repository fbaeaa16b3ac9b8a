use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::event::{SessionEvent, SessionEventKind};
use super::service::Service;
use crate::record::SessionId;
use crate::session::Attempt;

impl SessionEventKind {
    const fn message(self) -> &'static str {
        match self {
            Self::Created => "session created",
            Self::LoggedIn => "session logged in",
            Self::Renewed => "session renewed",
            Self::LogInRefused => "log-in refused: the owner has too many sessions",
            Self::LoggedOut => "session logged out",
            Self::Destroyed => "session destroyed",
            Self::Revoked => "session revoked",
            Self::Expired => "session expired",
            Self::UnknownId => "session refused: unknown id",
            Self::WrongSecret => "session refused: wrong secret",
            Self::WrongSignature => "session refused: wrong signature",
            Self::SuspectedTheft => {
                "session refused: a replaced secret or an ended bound cookie was used, which suggests theft"
            }
            Self::Bound => "session bound to a device",
            Self::DeviceNotProven => "session refused: the device's key was not proven",
        }
    }
}

impl Service {
    /// Tells the log and the application what happened to a session.
    pub(crate) fn report(&self, kind: SessionEventKind, id: SessionId, owner: Option<&Arc<str>>) {
        let message = kind.message();
        match kind {
            SessionEventKind::Expired
            | SessionEventKind::UnknownId
            | SessionEventKind::WrongSignature => {
                tracing::debug!(session.id = %id, "{message}");
            }
            SessionEventKind::WrongSecret
            | SessionEventKind::SuspectedTheft
            | SessionEventKind::DeviceNotProven => {
                tracing::warn!(session.id = %id, "{message}");
            }
            _ => tracing::info!(session.id = %id, "{message}"),
        }
        if self.events.is_empty() {
            return;
        }
        let event = SessionEvent {
            kind,
            id,
            owner: owner.map(|key| self.limits.owner_of(key)),
            at: self.now().into(),
        };
        for tell in &self.events {
            let told = catch_unwind(AssertUnwindSafe(|| tell(event.clone())));
            if told.is_err() {
                tracing::error!(session.id = %id, "the application panicked over an event");
            }
        }
    }

    /// Tells what a write that was answered has done to the session.
    pub(crate) fn report_write(&self, attempt: &Attempt) {
        let (id, record) = (attempt.id, &attempt.record);
        self.watches.note(id, Some(record.renewals));
        if attempt.creates() {
            self.report(SessionEventKind::Created, id, record.owner.as_ref());
        } else if let Some(former) = attempt.logs_out() {
            self.report(SessionEventKind::LoggedOut, id, former.owner.as_ref());
        } else if attempt.secret().is_some() {
            self.report(SessionEventKind::Renewed, id, record.owner.as_ref());
        }
        if attempt.logs_in().is_some() {
            self.report(SessionEventKind::LoggedIn, id, record.owner.as_ref());
        }
    }
}

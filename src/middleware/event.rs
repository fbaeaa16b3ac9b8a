use std::sync::Arc;

use time::OffsetDateTime;

use super::service::Service;
use crate::record::SessionId;
use crate::session::{Attempt, SessionError};

/// Something that happened to a session, for whoever watches: see [`events`](crate::SessionsBuilder::events).
///
/// It names the session by its public id. No secret and no value is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionEvent {
    /// What happened.
    pub kind: SessionEventKind,
    /// The session, or the one that a refused cookie named.
    pub id: SessionId,
    /// Whose session it is or was, where that is known.
    pub owner: Option<Arc<str>>,
    /// When it happened.
    pub at: OffsetDateTime,
}

/// What happened to a session (ASVS 5.0, 16.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionEventKind {
    /// A visitor's first write made a record of it.
    Created,
    /// It was given a new secret: on request, at a log-in, or by itself after the renewal interval.
    Renewed,
    /// An owner logged in, or proved again who they are.
    LoggedIn,
    /// A log-in was refused, since its owner has as many sessions as one may have.
    LogInRefused,
    /// Its owner logged out.
    LoggedOut,
    /// A handler destroyed it, and nobody was logged in.
    Destroyed,
    /// It was ended from outside: by its public id, for its owner, or to make room for another session of its owner's.
    Revoked,
    /// A request came for it after one of its limits.
    Expired,
    /// A request named a session that does not exist, or no longer.
    UnknownId,
    /// A request knew the id of the session, and not its secret.
    WrongSecret,
    /// A request's cookie bore no signature of ours.
    WrongSignature,
    /// A secret was used that a renewal had replaced, after its successor had been used: two parties have known it.
    SuspectedTheft,
}

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
                "session refused: a replaced secret was used, which suggests theft"
            }
        }
    }
}

impl Service {
    /// Tells the log and the application's channel what happened to a session.
    pub(super) fn report(&self, kind: SessionEventKind, id: SessionId, owner: Option<&Arc<str>>) {
        let message = kind.message();
        match kind {
            SessionEventKind::Expired
            | SessionEventKind::UnknownId
            | SessionEventKind::WrongSignature => {
                tracing::debug!(session.id = %id, "{message}");
            }
            SessionEventKind::WrongSecret | SessionEventKind::SuspectedTheft => {
                tracing::warn!(session.id = %id, "{message}");
            }
            _ => tracing::info!(session.id = %id, "{message}"),
        }
        let Some(events) = &self.events else { return };
        let event = SessionEvent {
            kind,
            id,
            owner: owner.cloned(),
            at: self.now().into(),
        };
        // A receiver that is gone has lost interest; one that is too slow is told so.
        if let Err(tokio::sync::mpsc::error::TrySendError::Full(_)) = events.try_send(event) {
            tracing::warn!(session.id = %id, "event not sent: the application's channel is full");
        }
    }

    /// Tells what a write that was answered has done to the session.
    pub(super) fn report_write(&self, attempt: &Attempt) {
        let (id, record) = (attempt.id, &attempt.record);
        if attempt.creates() {
            self.report(SessionEventKind::Created, id, record.owner.as_ref());
        } else if attempt.logs_out() {
            self.report(SessionEventKind::LoggedOut, id, attempt.former_owner());
        } else if attempt.secret().is_some() {
            self.report(SessionEventKind::Renewed, id, record.owner.as_ref());
        }
        if attempt.logs_in() {
            self.report(SessionEventKind::LoggedIn, id, record.owner.as_ref());
        }
    }

    /// Ends a session from outside.
    pub(super) async fn revoke(
        &self,
        id: SessionId,
        owner: Option<&Arc<str>>,
    ) -> Result<(), SessionError> {
        self.delete(id).await?;
        self.report(SessionEventKind::Revoked, id, owner);
        Ok(())
    }

    /// Whose session it is, if anybody wants to know: asking costs a call to the storage.
    pub(super) async fn owner_for_events(&self, id: SessionId) -> Option<Arc<str>> {
        self.events.as_ref()?;
        self.load(id).await.ok()??.owner.clone()
    }
}

use std::sync::Arc;

use time::OffsetDateTime;

use crate::record::SessionId;

/// What an application does with an event.
pub(crate) type Tell = Box<dyn Fn(SessionEvent) + Send + Sync>;

/// Something that happened to a session, for whoever watches: see [`events`](crate::SessionsBuilder::events) and
/// [`on_event`](crate::SessionsBuilder::on_event).
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
    /// A secret was used that a renewal had replaced, after its successor had been used: two parties have known it. Or
    /// a bound cookie was used after its end, which its browser had dropped before.
    SuspectedTheft,
    /// The browser that had logged in to it registered its device's key, to which the session is bound from then on.
    Bound,
    /// A request knew the secret of a bound session, and brought no valid bound cookie: its browser could not prove to
    /// have the device's key, or it comes from elsewhere.
    DeviceNotProven,
}

impl SessionEventKind {
    /// Whether a request caused it that opened no session: anybody can send such.
    pub(crate) fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::Expired
                | Self::UnknownId
                | Self::WrongSecret
                | Self::WrongSignature
                | Self::DeviceNotProven
        )
    }
}

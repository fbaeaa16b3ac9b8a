use time::Duration;

use super::{Digest, Nonce, Timestamp, Values};

/// For how long a secret is known that a change of privileges has replaced: as long as a request may have been on its
/// way.
const KNOWN_FOR: Duration = Duration::MINUTE;

/// A secret that a renewal has replaced.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FormerSecret {
    pub(super) digest: Digest,
    pub(super) replaced_at: Timestamp,
    pub(super) successor: Successor,
    /// Fields of a stored form that this version of the crate does not know.
    pub(super) unknown: Values,
}

/// What replaced a secret.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Successor {
    /// Periodic renewal derived it from the former one. `used_at` is when a request first came with it.
    Derived {
        nonce: Nonce,
        used_at: Option<Timestamp>,
    },
    /// It was drawn afresh, since the session's privileges changed.
    Drawn,
}

/// What a secret is to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opens {
    /// It opens the session.
    WithCurrent,
    /// It opens the session, though a periodic renewal has replaced it, and nobody has used its successor yet: that is
    /// derived with this nonce, and sent again.
    WithFormer(Nonce),
    /// It opens the session for a request that was on its way when its successor was first used.
    OnItsWay,
    /// It opens nothing: a log-in, a log-out or a `renew` has replaced it just now.
    Superseded,
    /// It opens nothing: its successor has been in use for longer than a request is on its way. Two parties have known
    /// it.
    Stolen,
    /// It has nothing to do with the session.
    Not,
}

impl FormerSecret {
    pub(super) fn new(digest: Digest, replaced_at: Timestamp, successor: Successor) -> Self {
        Self {
            digest,
            replaced_at,
            successor,
            unknown: Values::default(),
        }
    }

    /// What the secret is to its session at `now`, if it is accepted for `grace` after its successor was first used.
    pub(super) fn opens(&self, now: Timestamp, grace: Duration) -> Opens {
        match self.successor {
            Successor::Derived {
                nonce,
                used_at: None,
            } => Opens::WithFormer(nonce),
            Successor::Derived {
                used_at: Some(at), ..
            } if now.is_within(grace, at) => Opens::OnItsWay,
            Successor::Derived { .. } => Opens::Stolen,
            Successor::Drawn if now.is_within(KNOWN_FOR, self.replaced_at) => Opens::Superseded,
            Successor::Drawn => Opens::Not,
        }
    }
}

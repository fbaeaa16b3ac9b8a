use super::limits::Limits;
use crate::record::{Digest, Nonce, Secret, SessionRecord};

/// The secret of its session that a request knows.
#[derive(Debug)]
pub(crate) struct Held {
    secret: Secret,
    digest: Digest,
    /// Whether the browser has it: the request brought it.
    was_brought: bool,
    /// Whether the browser is to be sent it.
    is_due: bool,
}

impl Held {
    /// One that the request brought. `is_due` tells whether it is to be sent again.
    pub(crate) fn brought(secret: Secret, digest: Digest, is_due: bool) -> Self {
        Self {
            secret,
            digest,
            was_brought: true,
            is_due,
        }
    }

    /// One that the browser does not have yet, as far as anybody knows.
    pub(crate) fn made(secret: Secret, limits: &Limits) -> Self {
        Self {
            digest: secret.digest(&limits.scope),
            secret,
            was_brought: false,
            is_due: true,
        }
    }

    /// The secret that a periodic renewal has derived from this one with `nonce`.
    pub(crate) fn successor(&self, nonce: &Nonce, limits: &Limits) -> Self {
        Self::made(self.secret.successor(nonce), limits)
    }

    pub(super) fn is_due(&self) -> bool {
        self.is_due
    }

    /// The browser is to be sent it once more.
    pub(crate) fn send_again(&mut self) {
        self.is_due = true;
    }

    /// The secret, if it is that of `record`.
    pub(super) fn opens(&self, record: &SessionRecord) -> Option<&Secret> {
        (self.digest == record.digest).then_some(&self.secret)
    }

    /// The secret, if the browser has shown that it has it, and it opens `record`.
    pub(super) fn shown(&self, record: &SessionRecord) -> Option<&Secret> {
        self.opens(record).filter(|_| self.was_brought)
    }
}

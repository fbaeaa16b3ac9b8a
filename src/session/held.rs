use super::limits::Limits;
use crate::record::{Digest, Nonce, Secret, SessionRecord, Transport};

/// The secret of its session that a request knows.
#[derive(Debug)]
pub(crate) struct Held {
    secret: Secret,
    digest: Digest,
    origin: Origin,
    /// Whether the browser is to be sent it.
    is_due: bool,
}

/// Where a secret comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// The browser has it: the request brought it.
    Brought,
    /// Periodic renewal derived it. It goes out as long as nobody has used it: later it would come after its own
    /// successor.
    Derived,
    /// It was drawn for this request.
    Drawn,
    /// The same, and the handler has been given it, to tell it to the client.
    Told,
}

impl Held {
    /// One that the request brought. `is_due` tells whether it is to be sent again.
    pub(crate) fn brought(secret: Secret, digest: Digest, is_due: bool) -> Self {
        Self {
            secret,
            digest,
            origin: Origin::Brought,
            is_due,
        }
    }

    /// One that this request has drawn for its session.
    pub(super) fn drawn(secret: Secret, digest: Digest) -> Self {
        Self {
            secret,
            digest,
            origin: Origin::Drawn,
            is_due: true,
        }
    }

    /// One that a periodic renewal has derived.
    pub(super) fn derived(secret: Secret, digest: Digest) -> Self {
        Self {
            origin: Origin::Derived,
            ..Self::drawn(secret, digest)
        }
    }

    /// The secret that a periodic renewal has derived from this one with `nonce`.
    pub(crate) fn successor(&self, nonce: &Nonce, limits: &Limits) -> Self {
        let secret = self.secret.successor(nonce);
        // Those of bearer sessions are never renewed periodically.
        let digest = limits.digest(&secret, Transport::Cookie);
        Self::derived(secret, digest)
    }

    pub(super) fn is_due(&self) -> bool {
        self.is_due
    }

    /// The handler is given it, to tell it to the client.
    pub(super) fn tell(&mut self) {
        self.origin = Origin::Told;
        self.is_due = false;
    }

    pub(super) fn is_told(&self) -> bool {
        self.origin == Origin::Told
    }

    /// Whether the request has drawn it, and neither told it nor ever will unless it is asked.
    pub(super) fn is_untold(&self) -> bool {
        self.origin == Origin::Drawn
    }

    /// The browser is to be sent it once more.
    pub(crate) fn send_again(&mut self) {
        self.is_due = true;
    }

    /// The secret, if it is to be sent, and is that of `record` as it is stored.
    pub(super) fn outgoing(&self, record: &SessionRecord) -> Option<&Secret> {
        let is_wanted = self.origin != Origin::Derived || record.awaits_successor();
        self.opens(record).filter(|_| self.is_due && is_wanted)
    }

    fn opens(&self, record: &SessionRecord) -> Option<&Secret> {
        (self.digest == record.digest).then_some(&self.secret)
    }

    /// The secret, if the browser has shown that it has it, and it opens `record`.
    pub(super) fn shown(&self, record: &SessionRecord) -> Option<&Secret> {
        self.opens(record)
            .filter(|_| self.origin == Origin::Brought)
    }
}

use std::sync::Arc;

use super::held::Held;
use super::state::State;
use super::stored::Stored;
use crate::record::{SessionRecord, Token};

/// What a response says of the session's cookie.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Nothing: there is no session.
    Nothing,
    /// Nothing: the browser has what opens the session that the request has seen.
    Known,
    /// This token opens the session.
    Set(Token, Arc<SessionRecord>),
    Remove,
}

impl State {
    /// The one door for secrets: one goes out only where its digest is that of the record as it is stored.
    pub(super) fn outgoing(&self) -> Outgoing {
        if let (Some(Stored { id, record }), Some(held)) = (self.status.live(), &self.held)
            && let Some(secret) = held.outgoing(record)
        {
            let (id, secret) = (*id, secret.clone());
            return Outgoing::Set(Token { id, secret }, Arc::clone(record));
        }
        if self.removed {
            return Outgoing::Remove;
        }
        match self.status.readable() {
            Some(_) => Outgoing::Known,
            None => Outgoing::Nothing,
        }
    }

    /// Whether a secret is to be sent, if it still is the session's.
    pub(super) fn is_cookie_due(&self) -> bool {
        self.held.as_ref().is_some_and(Held::is_due)
    }
}

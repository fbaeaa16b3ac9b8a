use std::sync::Arc;

use super::held::Held;
use super::state::State;
use super::stored::Stored;
use crate::record::{SessionRecord, Token, Transport};

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
        let transport = match self.status.live() {
            Some(stored) => stored.record.transport(),
            None => self.came_by,
        };
        if let (Some(Stored { id, record }), Some(held)) = (self.status.live(), &self.held)
            && self.is_active
            && transport == Transport::Cookie
            && let Some(secret) = held.outgoing(record)
        {
            let (id, secret) = (*id, secret.clone());
            return Outgoing::Set(Token { id, secret }, Arc::clone(record));
        }
        // A visitor's session that has become a bearer session has left its cookie behind.
        let left = transport == Transport::Bearer && !self.brought.is_empty();
        if (self.removed || left) && self.came_by == Transport::Cookie {
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

use std::sync::Arc;

use super::error::SessionError;
use super::operation::{LogIn, LogOut};
use crate::record::{Digest, SessionRecord, Stamps, Timestamp, Transport};

/// The record as the request's operations make it. What a save does by itself is still to come: version, secret, times.
pub(crate) struct Draft {
    pub(super) record: SessionRecord,
    /// Whether this request chose how long the session is remembered.
    pub(super) chose_remember: bool,
}

impl Draft {
    /// Of nothing changed yet, over a record, or over none.
    pub(super) fn of(record: Option<&SessionRecord>) -> Self {
        let new = || SessionRecord::new(Digest::from([0; 32]), Timestamp::MIN, Timestamp::MIN);
        Self {
            record: record.cloned().unwrap_or_else(new),
            chose_remember: false,
        }
    }

    /// Whether it is worth a record: a visitor who only looked is not.
    pub(super) fn is_worth_keeping(&self) -> bool {
        let record = &self.record;
        let is_bearer = record.transport() == Transport::Bearer;
        is_bearer || !record.values.is_empty() || record.owner.is_some()
    }

    pub(super) fn clear(&mut self) {
        self.only(&[]);
    }

    pub(super) fn log_in(&mut self, log_in: &LogIn) {
        let LogIn {
            owner,
            at,
            is_again,
            ..
        } = log_in;
        let former = self.record.owner.replace(Arc::clone(owner));
        if former.is_some_and(|former| former != *owner) {
            self.only(&log_in.keep);
            self.record.set_label(None);
        }
        self.record.authenticated_at = Some(*at);
        if !is_again {
            self.record.set_rare(|rare| rare.stamps = Stamps::default());
            if !self.chose_remember {
                self.record.set_remember(None);
            }
        }
        self.offer(log_in.offer.as_ref(), *is_again);
    }

    /// The session begins anew, for nobody.
    pub(super) fn log_out(&mut self, log_out: &LogOut) {
        self.only(&log_out.keep);
        self.record.created_at = log_out.at;
        self.record.owner = None;
        self.record.authenticated_at = None;
        self.record.set_rare(|rare| {
            rare.remember = None;
            rare.label = None;
            rare.stamps = Stamps::default();
            rare.binding = None;
        });
        self.chose_remember = false;
    }

    /// Gives up all values but these: what came before takes no others with it, and brings none back.
    fn only(&mut self, keep: &[Box<str>]) {
        self.record.values = self.record.values.only(keep);
        self.record.generation = self.record.generation.wrapping_add(1);
    }

    pub(super) fn check_size(&self, limit: usize, before: usize) -> Result<(), SessionError> {
        let size = self.record.values.size();
        if size > limit && size > before {
            return Err(SessionError::TooLarge { size, limit });
        }
        Ok(())
    }
}

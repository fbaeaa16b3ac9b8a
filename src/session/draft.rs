use std::sync::Arc;

use time::Duration;

use super::error::SessionError;
use crate::record::{Binding, SessionRecord, Stamps, Timeouts, Timestamp, Transport, Values};

/// A record as it will be when the request's operations are saved.
#[derive(Default)]
pub(crate) struct Draft {
    pub(super) values: Values,
    pub(super) owner: Option<Arc<str>>,
    pub(super) authenticated_at: Option<Timestamp>,
    pub(super) remember: Option<Duration>,
    pub(super) label: Option<Arc<str>>,
    pub(super) transport: Transport,
    pub(super) binding: Option<Arc<Binding>>,
    pub(super) stamps: Stamps,
    generation: u32,
    /// When the session began anew, if this request logs it out.
    begun_anew: Option<Timestamp>,
    /// Whether this request chose how long the session is remembered.
    pub(super) chose_remember: bool,
}

impl Draft {
    pub(super) fn of(record: &SessionRecord) -> Self {
        Self {
            values: record.values.clone(),
            owner: record.owner.clone(),
            authenticated_at: record.authenticated_at,
            remember: record.remember(),
            label: record.label().cloned(),
            transport: record.transport(),
            binding: record.binding().cloned(),
            stamps: record.stamps().cloned().unwrap_or_default(),
            generation: record.generation,
            begun_anew: None,
            chose_remember: false,
        }
    }

    /// Whether it is worth a record: a visitor who only looked is not.
    pub(super) fn is_worth_keeping(&self) -> bool {
        !self.values.is_empty() || self.owner.is_some() || self.transport == Transport::Bearer
    }

    /// Whether it says something else about the session than `record`, the values and the owner aside.
    pub(super) fn describes_otherwise(&self, record: &SessionRecord) -> bool {
        self.remember != record.remember()
            || self.label.as_ref() != record.label()
            || self.binding.as_ref() != record.binding()
            || self.stamps.as_slice() != record.stamps().map_or(&[][..], Stamps::as_slice)
    }

    pub(super) fn clear(&mut self) {
        self.values = Values::default();
        self.generation = self.generation.wrapping_add(1);
    }

    pub(super) fn log_in(
        &mut self,
        owner: &Arc<str>,
        at: Timestamp,
        keep: &[Box<str>],
        is_again: bool,
    ) {
        if self.owner.as_ref().is_some_and(|former| former != owner) {
            self.values = self.values.only(keep);
            self.label = None;
            self.generation = self.generation.wrapping_add(1);
        }
        self.owner = Some(Arc::clone(owner));
        self.authenticated_at = Some(at);
        if !is_again {
            self.stamps = Stamps::default();
        }
        if !self.chose_remember && !is_again {
            self.remember = None;
        }
    }

    pub(super) fn log_out(&mut self, at: Timestamp, keep: &[Box<str>]) {
        *self = Self {
            values: self.values.only(keep),
            transport: self.transport,
            generation: self.generation.wrapping_add(1),
            begun_anew: Some(at),
            ..Self::default()
        };
    }

    pub(super) fn check_size(&self, limit: usize, before: usize) -> Result<(), SessionError> {
        let size = self.values.size();
        if size > limit && size > before {
            return Err(SessionError::TooLarge { size, limit });
        }
        Ok(())
    }

    /// When the session was created, if `record` is completed by this draft.
    pub(super) fn created_at(&self, record: &SessionRecord) -> Timestamp {
        self.begun_anew.unwrap_or(record.created_at)
    }

    /// When the absolute limit of such a session began.
    pub(super) fn begun(&self, record: &SessionRecord) -> Timestamp {
        self.authenticated_at
            .unwrap_or_else(|| self.created_at(record))
    }

    /// Completes `record`: its values and its owner become those of the draft.
    pub(super) fn complete(self, record: &mut SessionRecord, timeouts: &Timeouts) {
        let created_at = self.created_at(record);
        if self.describes_otherwise(record) {
            record.set_remember(self.remember);
            record.set_label(self.label);
            record.set_stamps(self.stamps);
            record.set_binding(self.binding);
        }
        record.values = self.values;
        record.owner = self.owner;
        record.authenticated_at = self.authenticated_at;
        record.generation = self.generation;
        record.created_at = created_at;
        record.expires_at = record.limit(timeouts, record.last_seen);
    }
}

use std::sync::Arc;

use time::Duration;

use super::SessionError;
use crate::record::{SessionRecord, Timeouts, Timestamp, Values};

/// A record as it will be when the request's operations are saved.
#[derive(Default)]
pub(crate) struct Draft {
    pub(super) values: Values,
    pub(super) owner: Option<Arc<str>>,
    pub(super) authenticated_at: Option<Timestamp>,
    pub(super) remember: Option<Duration>,
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
            chose_remember: false,
        }
    }

    /// Whether it is worth a record: a visitor who only looked is not.
    pub(super) fn is_worth_keeping(&self) -> bool {
        !self.values.is_empty() || self.owner.is_some()
    }

    pub(super) fn check_size(&self, limit: usize, before: usize) -> Result<(), SessionError> {
        let size = self.values.size();
        if size > limit && size > before {
            return Err(SessionError::TooLarge { size, limit });
        }
        Ok(())
    }

    /// Completes `record`, whose values and owner are those of the draft.
    pub(super) fn complete(self, mut record: SessionRecord, timeouts: &Timeouts) -> SessionRecord {
        record.values = self.values;
        record.owner = self.owner;
        record.authenticated_at = self.authenticated_at;
        if record.remember() != self.remember {
            record.set_remember(self.remember);
        }
        record.expires_at = record.limit(timeouts, record.last_seen);
        record
    }
}

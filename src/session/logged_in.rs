use std::sync::Arc;

use super::state::Stored;
use crate::record::{Entry, SessionId, SessionRecord};

/// A log-in as it is written, and what was there before.
#[derive(Debug)]
pub(crate) struct LoggedIn {
    pub(crate) id: SessionId,
    pub(crate) owner: Arc<str>,
    pub(crate) record: Arc<SessionRecord>,
    pub(super) loaded: Option<Arc<SessionRecord>>,
}

impl LoggedIn {
    /// The session as it was before.
    pub(crate) fn former(&self) -> Option<Stored> {
        self.loaded.clone().map(|record| self.stored(record))
    }

    pub(crate) fn stored(&self, record: Arc<SessionRecord>) -> Stored {
        Stored {
            id: self.id,
            record,
        }
    }

    /// The record without this write, which is stored, and with what others wrote since; `None` if the write created it.
    pub(crate) fn withdrawn(&self, current: &SessionRecord) -> Option<SessionRecord> {
        let mut record = SessionRecord::clone(self.loaded.as_deref()?);
        record.version = current.version.next();
        record.last_seen = current.last_seen;
        let (written, now) = (&self.record.values, &current.values);
        let keys = written.iter().chain(now.iter()).map(|(key, _)| key);
        for key in keys.filter(|key| written.bytes(key) != now.bytes(key)) {
            match now.bytes(key) {
                Some(json) => record.values.set(&Entry::new(key, json)),
                None => record.values.remove(key),
            }
        }
        Some(record)
    }
}

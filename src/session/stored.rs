use std::sync::Arc;

use crate::record::{SessionId, SessionRecord, Timestamp};

/// A record as it is in the storage, as far as this request knows.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: SessionId,
    pub(crate) record: Arc<SessionRecord>,
}

impl Stored {
    /// The record as a touch left it.
    pub(crate) fn touched(&self, last_seen: Timestamp, expires_at: Timestamp) -> Self {
        let mut record = SessionRecord::clone(&self.record);
        record.last_seen = last_seen;
        record.expires_at = expires_at;
        Self {
            id: self.id,
            record: Arc::new(record),
        }
    }
}

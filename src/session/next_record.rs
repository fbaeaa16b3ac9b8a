use std::sync::Arc;

use super::draft::Draft;
use super::limits::Limits;
use super::secret_change::SecretChange;
use crate::record::{Digest, SessionRecord, Timestamp};

/// The record to be written: the next version of `base`, with what the draft says and what becomes of the secret.
pub(super) fn next_record(
    base: Option<&SessionRecord>,
    draft: Draft,
    secret: &SecretChange,
    now: Timestamp,
    limits: &Limits,
) -> Arc<SessionRecord> {
    let mut record = match base {
        Some(base) => base.next(now),
        None => {
            let mut record = SessionRecord::new(Digest::from([0; 32]), now, now);
            if !limits.scope.is_empty() {
                record.set_scope(Some(limits.scope.as_str().into()));
            }
            record
        }
    };
    if limits.marks {
        record.mark(base.map_or(now, |base| base.last_seen));
    }
    if draft.transport != record.transport() {
        record.set_transport(draft.transport);
    }
    secret.apply(&mut record, now, limits);
    draft.complete(&mut record, &limits.timeouts);
    Arc::new(record)
}

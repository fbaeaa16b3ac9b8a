use std::sync::Arc;

use super::draft::Draft;
use super::limits::Limits;
use super::secret_change::SecretChange;
use crate::record::{SessionRecord, Timestamp};

/// The record to be written: the draft as the next version of `base`, with what becomes of the secret.
pub(super) fn next_record(
    base: Option<&SessionRecord>,
    draft: Draft,
    secret: &SecretChange,
    now: Timestamp,
    limits: &Limits,
) -> Arc<SessionRecord> {
    let mut record = draft.record;
    match base {
        Some(base) => record.advance(base, now),
        None => {
            (record.created_at, record.last_seen) = (now, now);
            if !limits.scope.is_empty() {
                record.set_rare(|rare| rare.scope = Some(limits.scope.as_str().into()));
            }
        }
    }
    if limits.marks {
        record.mark(base.map_or(now, |base| base.last_seen));
    }
    secret.apply(&mut record, now, limits);
    record.expires_at = record.limit(&limits.timeouts, record.last_seen);
    Arc::new(record)
}

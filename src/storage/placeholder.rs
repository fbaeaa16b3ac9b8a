use crate::record::{Digest, SessionRecord, Timestamp};

/// What a list tells of a session whose record it cannot read, since a newer version of this crate wrote it: what is
/// known without the record. No secret is known that has this digest, so nothing opens it.
pub(super) fn placeholder(
    owner: &str,
    last_seen: Timestamp,
    expires_at: Timestamp,
) -> SessionRecord {
    let mut record = SessionRecord::new(Digest::from([0; 32]), last_seen, expires_at);
    record.owner = Some(owner.into());
    record
}

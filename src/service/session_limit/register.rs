use sha2::{Digest as _, Sha256};
use time::Duration;
use uuid::Uuid;

use super::limit::Listed;
use crate::record::{Digest, SessionId, SessionRecord, Timestamp};
use crate::session::SessionError;

/// Under which key a register has the ids.
const SESSIONS: &str = "sessions";
/// How long a log-in may take from its save to its entry in the register. A listed session that is older and has none logged in before
/// there was a register.
const MAX_LOG_IN: Duration = Duration::MINUTE;

/// The sessions other than `newcomer` that count. One that is listed and was not entered is another log-in under way, unless that is
/// long ago.
pub(crate) fn admitted(
    entered: &[SessionId],
    listed: &[Listed],
    newcomer: SessionId,
    now: Timestamp,
) -> Vec<Listed> {
    let is_old = |record: &SessionRecord| {
        record
            .authenticated_at
            .is_none_or(|at| now - at >= MAX_LOG_IN)
    };
    let others = listed.iter().filter(|(id, _)| *id != newcomer);
    others
        .filter(|(id, record)| entered.contains(id) || is_old(record))
        .cloned()
        .collect()
}

/// The id of an owner's register: a UUID of version 8, which no session has.
pub(crate) fn register_id(owner: &str) -> SessionId {
    let digest = Sha256::new()
        .chain_update(b"axum-bare-session: the sessions of an owner\0")
        .chain_update(owner)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().into()
}

pub(crate) fn register_record(
    stored: Option<&SessionRecord>,
    ids: &[SessionId],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<SessionRecord, SessionError> {
    // No secret is known that has this digest: nobody opens a register.
    let new = || SessionRecord::new(Digest::from([0; 32]), now, expires_at);
    let mut record = stored.map_or_else(new, |stored| stored.next(now));
    record.expires_at = expires_at;
    let ids: Vec<Uuid> = ids.iter().map(|id| Uuid::from(*id)).collect();
    let inserted = record.values.insert(SESSIONS, &ids);
    inserted.map_err(|source| SessionError::Serialize {
        key: SESSIONS.to_owned(),
        source,
    })?;
    Ok(record)
}

pub(crate) fn entries(register: &SessionRecord) -> Vec<SessionId> {
    let ids = register.values.get(SESSIONS);
    let ids = ids.and_then(|json| serde_json::from_str::<Vec<Uuid>>(json).ok());
    ids.into_iter().flatten().map(SessionId::from).collect()
}

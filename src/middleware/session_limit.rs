use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use time::Duration;
use uuid::Uuid;

use super::event::SessionEventKind;
use super::service::Service;
use crate::record::{Digest, SessionId, SessionRecord, Timestamp};
use crate::session::{LoggedIn, Session, SessionError};
use crate::storage::Saved;

/// How often a register is read again because another log-in of the same owner changed it first.
const MAX_ATTEMPTS: usize = 256;
/// Under which key a register has the ids.
const SESSIONS: &str = "sessions";
/// How long a log-in may take from its save to its entry in the register. A listed session that is older and has none logged in before
/// there was a register.
const MAX_LOG_IN: Duration = Duration::MINUTE;

/// What becomes of a log-in whose owner has as many sessions as one may have (ASVS 5.0, 7.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AtSessionLimit {
    /// The log-in fails, and the visitor's session stays as it was.
    RefuseLogIn,
    /// The session whose log-in is longest ago ends.
    EndOldest,
    /// The session that was not seen for the longest time ends.
    EndLongestIdle,
}

/// How many sessions an owner may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct SessionLimit {
    pub(super) max: usize,
    pub(super) at_limit: AtSessionLimit,
}

/// Whether a log-in may stay.
enum Admission {
    Admitted,
    Refused,
}

type Listed = (SessionId, Arc<SessionRecord>);

impl Service {
    /// Refuses a log-in before it is saved, where it can be told by then that the owner has too many sessions.
    pub(super) async fn check_session_limit(&self, log_in: &LoggedIn) -> Result<(), SessionError> {
        let refuses = |limit: &SessionLimit| limit.at_limit == AtSessionLimit::RefuseLogIn;
        let Some(limit) = self.session_limit.filter(refuses) else {
            return Ok(());
        };
        let listed = self.list_live(&log_in.owner).await?;
        let is_there = listed.iter().any(|(id, _)| *id == log_in.id);
        if !is_there && listed.len() >= limit.max {
            return Err(self.refuse(limit, log_in));
        }
        Ok(())
    }

    /// Enters a log-in that is saved into its owner's register. One that may not stay is taken back.
    pub(super) async fn keep_session_limit(
        &self,
        session: &Session,
        log_in: &LoggedIn,
    ) -> Result<(), SessionError> {
        let Some(limit) = self.session_limit else {
            return Ok(());
        };
        let refused = match self.admit(limit, log_in).await {
            Ok(Admission::Admitted) => return Ok(()),
            Ok(Admission::Refused) => self.refuse(limit, log_in),
            Err(error) => error,
        };
        let record = self.withdraw(log_in).await?;
        session.withdrawn(record.map(|record| log_in.stored(record)));
        Err(refused)
    }

    fn refuse(&self, limit: SessionLimit, log_in: &LoggedIn) -> SessionError {
        let kind = SessionEventKind::LogInRefused;
        self.report(kind, log_in.id, Some(&log_in.owner));
        SessionError::TooManySessions { max: limit.max }
    }

    /// Enters a log-in into its owner's register, and ends the sessions that make room for it.
    ///
    /// A register is a record of its own, written under the same condition as any. So of parallel log-ins each sees those
    /// before it, and the limit holds exactly. Until it is entered, nobody knows the secret that opens the session.
    async fn admit(
        &self,
        limit: SessionLimit,
        log_in: &LoggedIn,
    ) -> Result<Admission, SessionError> {
        let owner = &log_in.owner;
        let register = register_id(owner);
        for _ in 0..MAX_ATTEMPTS {
            // In this order: who was entered before this is listed, or has ended.
            let stored = self.load_readable(register).await?;
            let listed = self.list_live(owner).await?;
            let entered = stored.as_deref().map(entries).unwrap_or_default();
            let now = self.now();
            let admitted = admitted(&entered, &listed, log_in.id, now);
            let Some(ended) = limit.to_end(&admitted, entered.contains(&log_in.id)) else {
                return Ok(Admission::Refused);
            };
            let mut ids: Vec<_> = admitted.iter().map(|(id, _)| *id).collect();
            ids.retain(|id| !ended.contains(id));
            ids.push(log_in.id);
            let expires_at = now + self.limits.timeouts.absolute;
            let record = register_record(stored.as_deref(), &ids, now, expires_at)?;
            let expected = stored.map(|stored| stored.version);
            match self.save(register, Arc::new(record), expected).await? {
                Saved::Done => {
                    for id in ended {
                        self.revoke(id, Some(owner)).await?;
                    }
                    return Ok(Admission::Admitted);
                }
                Saved::Conflict(_) => {}
            }
        }
        Err(SessionError::Conflict)
    }

    /// Takes a saved log-in back, and returns the record as it then is.
    async fn withdraw(
        &self,
        log_in: &LoggedIn,
    ) -> Result<Option<Arc<SessionRecord>>, SessionError> {
        let mut current = Arc::clone(&log_in.record);
        for _ in 0..MAX_ATTEMPTS {
            let Some(record) = log_in.withdrawn(&current) else {
                self.delete(log_in.id).await?;
                return Ok(None);
            };
            let record = Arc::new(record);
            let expected = Some(current.version);
            current = match self.save(log_in.id, Arc::clone(&record), expected).await? {
                Saved::Done => return Ok(Some(record)),
                Saved::Conflict(None) => return Ok(None),
                Saved::Conflict(Some(current)) => current,
            };
        }
        Err(SessionError::Conflict)
    }
}

impl fmt::Display for SessionLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let consequence = match self.at_limit {
            AtSessionLimit::RefuseLogIn => "another log-in is refused",
            AtSessionLimit::EndOldest => "another log-in ends the oldest",
            AtSessionLimit::EndLongestIdle => "another log-in ends the longest idle one",
        };
        write!(f, "{}; {consequence}", self.max)
    }
}

impl SessionLimit {
    /// Which of the sessions that are `admitted` end to make room for one more; `None`: the log-in is refused.
    fn to_end(self, admitted: &[Listed], is_entered: bool) -> Option<Vec<SessionId>> {
        let excess = (admitted.len() + 1).saturating_sub(self.max);
        let mut ends: Vec<_> = admitted.iter().collect();
        match self.at_limit {
            AtSessionLimit::RefuseLogIn if is_entered || excess == 0 => return Some(Vec::new()),
            AtSessionLimit::RefuseLogIn => return None,
            AtSessionLimit::EndOldest => ends.sort_by_key(|(id, r)| (r.authenticated_at, *id)),
            AtSessionLimit::EndLongestIdle => ends.sort_by_key(|(id, r)| (r.last_seen, *id)),
        }
        Some(ends.iter().take(excess).map(|(id, _)| *id).collect())
    }
}

/// The sessions other than `newcomer` that count. One that is listed and was not entered is another log-in under way, unless that is
/// long ago.
fn admitted(
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
fn register_id(owner: &str) -> SessionId {
    let digest = Sha256::new()
        .chain_update(b"axum-bare-session: the sessions of an owner\0")
        .chain_update(owner)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().into()
}

fn register_record(
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

fn entries(register: &SessionRecord) -> Vec<SessionId> {
    let ids = register.values.get(SESSIONS);
    let ids = ids.and_then(|json| serde_json::from_str::<Vec<Uuid>>(json).ok());
    ids.into_iter().flatten().map(SessionId::from).collect()
}

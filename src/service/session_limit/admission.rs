use std::sync::Arc;

use crate::service::event::SessionEventKind;
use super::register::{admitted, entries, register_id, register_record};
use crate::service::service::Service;
use super::limit::{AtSessionLimit, SessionLimit};
use crate::record::SessionRecord;
use crate::session::{LoggedIn, Session, SessionError};
use crate::storage::Saved;

/// How often a register is read again because another log-in of the same owner changed it first.
const MAX_ATTEMPTS: usize = 256;

/// Whether a log-in may stay.
enum Admission {
    Admitted,
    Refused,
}

impl Service {
    /// Refuses a log-in before it is saved, where it can be told by then that the owner has too many sessions.
    pub(crate) async fn check_session_limit(&self, log_in: &LoggedIn) -> Result<(), SessionError> {
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
    pub(crate) async fn keep_session_limit(
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

use std::sync::Arc;

use super::event::SessionEventKind;
use super::service::{Service, failed};
use crate::record::{SessionId, SessionRecord};
use crate::session::SessionError;
use crate::storage::Owned;

/// Endings, each told once, by whoever ended the session.
impl Service {
    /// Ends a session from outside, if it is of this scope. One that cannot be read is nobody's.
    pub(crate) async fn end(&self, id: SessionId) -> Result<(), SessionError> {
        if id.is_register() {
            return Ok(());
        }
        let record = match self.load(id).await {
            Ok(None) => return Ok(()),
            Ok(record) => record,
            Err(error) if error.is_of_record() => None,
            Err(error) => return Err(failed(Some(id), error)),
        };
        if record
            .as_ref()
            .is_some_and(|it| !self.limits.is_of_scope(it))
        {
            return Ok(());
        }
        self.end_as(SessionEventKind::Revoked, id, record.as_deref())
            .await?;
        Ok(())
    }

    /// Ends a session, and tells it as `kind`, unless somebody else has ended it first. Returns whether this did.
    pub(crate) async fn end_as(
        &self,
        kind: SessionEventKind,
        id: SessionId,
        record: Option<&SessionRecord>,
    ) -> Result<bool, SessionError> {
        let was_there = self.delete(id).await?;
        self.watches.note(id, None);
        if was_there {
            let owner = record.and_then(|record| record.owner.as_ref());
            self.report(kind, id, owner);
            if let Some(record) = record {
                self.give_up_place(id, record, self.now()).await;
            }
        }
        Ok(was_there)
    }

    /// Ends those of an owner's sessions that `which` names, in one call, and returns which those were.
    pub(crate) async fn end_owned(
        &self,
        owner: &Arc<str>,
        which: Owned,
    ) -> Result<Vec<SessionId>, SessionError> {
        let ended = self.end_without_place(owner, which).await?;
        self.give_up_places(owner, &ended).await;
        Ok(ended)
    }

    /// [`end_owned`](Self::end_owned) for sessions that have no place in the owner's register.
    pub(crate) async fn end_without_place(
        &self,
        owner: &Arc<str>,
        which: Owned,
    ) -> Result<Vec<SessionId>, SessionError> {
        let ended = self.storage.delete_owned(owner, which, self.now());
        let ended = self.in_time(ended).await;
        let ended = ended.map_err(|error| failed(None, error))?;
        for id in &ended {
            self.watches.note(*id, None);
            self.report(SessionEventKind::Revoked, *id, Some(owner));
        }
        Ok(ended)
    }
}

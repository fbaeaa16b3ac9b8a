use std::error::Error;
use std::sync::Arc;

use super::service::{Service, failed};
use crate::record::{SessionId, SessionRecord};
use crate::session::SessionError;
use crate::storage::{StorageError, StorageErrorKind};

/// Loads of records of which not each can be decoded.
impl Service {
    /// Loads a record; one that cannot be decoded is none, so that its visitor starts afresh.
    pub(crate) async fn load_readable(
        &self,
        id: SessionId,
    ) -> Result<Option<Arc<SessionRecord>>, SessionError> {
        match self.load(id).await {
            Ok(record) => Ok(record),
            // In a box, since it is rare, and every request would carry it along.
            Err(error) => Box::pin(self.give_up(id, error)).await,
        }
    }

    pub(crate) async fn revalidate_readable(
        &self,
        id: SessionId,
        loaded: Arc<SessionRecord>,
    ) -> Result<Option<Arc<SessionRecord>>, SessionError> {
        match self.in_time(self.storage.revalidate(id, loaded)).await {
            Ok(record) => Ok(record),
            Err(error) => self.give_up(id, error).await,
        }
    }

    async fn give_up(
        &self,
        id: SessionId,
        error: StorageError,
    ) -> Result<Option<Arc<SessionRecord>>, SessionError> {
        let kind = error.kind();
        let message = match kind {
            StorageErrorKind::Malformed => "session record cannot be decoded: deleted",
            StorageErrorKind::NewerFormat => "session record is of a newer format: left as it is",
            _ => return Err(failed(Some(id), error)),
        };
        tracing::error!(
            session.id = %id,
            error.kind = ?kind,
            error.source = error.source().map(tracing::field::display),
            message
        );
        if kind == StorageErrorKind::Malformed {
            self.delete(id).await?;
        }
        Ok(None)
    }
}

use std::sync::Arc;

use axum::http::HeaderMap;

use super::cookie::candidates;
use super::service::{Service, failed};
use super::slot::Slot;
use crate::record::{Secret, SessionId, SessionRecord, Timestamp, Token};
use crate::session::{SessionError, Stored};
use crate::storage::{StorageError, StorageErrorKind};

impl Slot {
    /// Loads the session that the request's cookie opens, at the first call.
    pub(super) async fn open(&self, headers: &HeaderMap) -> Result<(), SessionError> {
        if self.session.is_open() {
            return Ok(());
        }
        self.consult();
        let now = self.service.now();
        let found = self.find(headers, now).await?;
        let (secret, stored) = found.unzip();
        if self.session.open(now, stored) {
            self.outgoing().secret = secret;
        }
        Ok(())
    }

    /// The live session that one of the request's cookies opens. Two different ones: none, whatever their order.
    async fn find(
        &self,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<Option<(Secret, Stored)>, SessionError> {
        let mut found: Option<(Secret, Stored)> = None;
        for Token { id, secret } in candidates(headers, self.service.cookie.name()) {
            let Some(record) = self.service.look_up(id, &secret, now).await? else {
                continue;
            };
            match &found {
                Some((_, first)) if first.id != id => {
                    tracing::warn!("request with cookies of two live sessions refused");
                    return Ok(None);
                }
                _ => found = Some((secret, Stored { id, record })),
            }
        }
        Ok(found)
    }
}

impl Service {
    /// Loads the record that `secret` opens, if it does and the record is alive.
    async fn look_up(
        &self,
        id: SessionId,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<Option<Arc<SessionRecord>>, SessionError> {
        let Some(record) = self.load_readable(id).await? else {
            tracing::debug!(session.id = %id, "session refused: unknown id");
            return Ok(None);
        };
        if record.digest != secret.digest(&self.limits.scope) {
            tracing::warn!(session.id = %id, "session refused: wrong secret");
            return Ok(None);
        }
        if !record.is_live(&self.limits.timeouts, now) {
            tracing::debug!(session.id = %id, "session expired");
            return Ok(None);
        }
        Ok(Some(record))
    }

    /// Loads a record; one that cannot be decoded is none, so that its visitor starts afresh.
    async fn load_readable(
        &self,
        id: SessionId,
    ) -> Result<Option<Arc<SessionRecord>>, SessionError> {
        match self.load(id).await {
            Ok(record) => Ok(record),
            // In a box, since it is rare, and every request would carry it along.
            Err(error) => Box::pin(self.give_up(id, error)).await,
        }
    }

    async fn give_up(
        &self,
        id: SessionId,
        error: StorageError,
    ) -> Result<Option<Arc<SessionRecord>>, SessionError> {
        match error.kind() {
            StorageErrorKind::Malformed => {
                report(id, &error, "session record cannot be decoded: deleted");
                self.delete(id).await?;
                Ok(None)
            }
            StorageErrorKind::NewerFormat => {
                report(
                    id,
                    &error,
                    "session record is of a newer format: left as it is",
                );
                Ok(None)
            }
            _ => Err(failed(Some(id), error)),
        }
    }
}

/// Loads the session again, and tells whether this request may still see it.
pub(super) async fn reload(slot: &Slot) -> Result<bool, SessionError> {
    let _alone = slot.saving.lock().await;
    let Some(Stored { id, record }) = slot.session.stored() else {
        return Ok(false);
    };
    let service = &slot.service;
    let current = service.load_readable(id).await?;
    // Behind another digest is what only those may see who know the new secret.
    let current = current
        .filter(|current| current.digest == record.digest)
        .filter(|current| current.is_live(&service.limits.timeouts, service.now()));
    let Some(record) = current else {
        slot.session.lost(id);
        return Ok(false);
    };
    slot.session.refresh(Stored { id, record });
    Ok(true)
}

fn report(id: SessionId, error: &StorageError, message: &'static str) {
    let source = std::error::Error::source(error).map(tracing::field::display);
    tracing::error!(session.id = %id, error.kind = ?error.kind(), error.source = source, message);
}

use std::sync::Arc;

use super::draft::Draft;
use super::limits::Limits;
use super::session::Session;
use crate::record::{Digest, SessionId, SessionRecord, Text, Timestamp, Values};

/// What `SessionData` reads.
impl Session {
    pub(super) fn json(&self, key: &str) -> Option<Text> {
        self.with(|state| state.values()?.share(key))
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.with(|state| {
            let keys = state.values().into_iter().flat_map(Values::iter);
            keys.map(|(key, _)| key.to_owned()).collect()
        })
    }

    pub(super) fn len(&self) -> usize {
        self.with(|state| state.values().map_or(0, Values::len))
    }

    pub(super) fn id(&self) -> Option<SessionId> {
        self.with(|state| Some(state.status.readable()?.id))
    }

    /// The key by which the storage knows the owner.
    pub(super) fn owner(&self) -> Option<Arc<str>> {
        self.read(|draft| draft.owner.clone(), |record| record.owner.clone())
    }

    /// Whether the session is there, as far as this request knows, and has an owner.
    pub(crate) fn is_somebodys(&self) -> bool {
        self.live().is_some() && self.owner().is_some()
    }

    pub(super) fn authenticated_at(&self) -> Option<Timestamp> {
        self.read(
            |draft| draft.authenticated_at,
            |record| record.authenticated_at,
        )
    }

    pub(super) fn label(&self) -> Option<Arc<str>> {
        self.read(
            |draft| draft.label.clone(),
            |record| record.label().cloned(),
        )
    }

    /// Whether the session has a stamp that is the account's by now; which is noted.
    pub(super) fn confirm_stamp(&self, current: Digest) -> bool {
        let stamps = self.read(
            |draft| Some(draft.stamps.clone()),
            |record| record.stamps().cloned(),
        );
        let has_stamp = stamps.is_some_and(|stamps| stamps.contain(&current));
        if has_stamp {
            self.with(|state| state.confirmed_stamp = Some(current));
        }
        has_stamp
    }

    /// Something of the draft, or of the record where nothing was changed.
    fn read<T>(
        &self,
        of_draft: impl FnOnce(&Draft) -> Option<T>,
        of_record: impl FnOnce(&SessionRecord) -> Option<T>,
    ) -> Option<T> {
        self.with(|state| match &state.changes {
            Some(changes) => of_draft(&changes.draft),
            None => of_record(state.base()?),
        })
    }

    pub(super) fn created_at(&self) -> Option<Timestamp> {
        self.with(|state| {
            let record: &SessionRecord = state.base()?;
            let changes = state.changes.as_ref();
            Some(changes.map_or(record.created_at, |it| it.draft.created_at(record)))
        })
    }

    pub(super) fn last_seen(&self) -> Option<Timestamp> {
        self.with(|state| Some(state.base()?.last_seen))
    }

    /// When the idle limit ends the session, as this request leaves it, if nobody opens it again, and when the absolute
    /// one does.
    pub(super) fn ends(&self, limits: &Limits) -> Option<[Timestamp; 2]> {
        self.with(|state| {
            let record: &SessionRecord = state.base()?;
            let (begun, remember) = match &state.changes {
                Some(changes) => (changes.draft.begun(record), changes.draft.remember),
                None => (record.begun(), record.remember()),
            };
            let last_seen = match state.is_active {
                true => record.last_seen.max(state.begun()),
                false => record.last_seen,
            };
            Some(limits.timeouts.ends(begun, last_seen, remember))
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::session::SessionData;

    #[test]
    fn a_label_is_read_before_it_is_saved_and_after() {
        let session = SessionData::detached();
        session.set_label("phone").unwrap();
        assert_eq!(session.label().as_deref(), Some("phone"));
        let saved = futures_util::FutureExt::now_or_never(session.save());
        saved.unwrap().unwrap();
        assert_eq!(session.label().as_deref(), Some("phone"));
    }
}

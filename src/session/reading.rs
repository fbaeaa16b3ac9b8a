use std::sync::Arc;

use super::limits::Limits;
use super::session::Session;
use crate::record::{Digest, SessionId, Text, Timestamp, Values};

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
        self.with(|state| state.record()?.owner.clone())
    }

    /// Whether the session is there, as far as this request knows, and has an owner.
    pub(crate) fn is_somebodys(&self) -> bool {
        self.live().is_some() && self.owner().is_some()
    }

    pub(super) fn authenticated_at(&self) -> Option<Timestamp> {
        self.with(|state| state.record()?.authenticated_at)
    }

    pub(super) fn label(&self) -> Option<Arc<str>> {
        self.with(|state| state.record()?.label().cloned())
    }

    /// Whether the session has a stamp that is the account's by now; which is noted.
    pub(super) fn confirm_stamp(&self, current: Digest) -> bool {
        self.with(|state| {
            let record = state.record();
            let has_stamp = record.is_some_and(|record| record.rare().stamps.contain(&current));
            if has_stamp {
                state.confirmed_stamp = Some(current);
            }
            has_stamp
        })
    }

    pub(super) fn created_at(&self) -> Option<Timestamp> {
        self.with(|state| {
            state.base()?;
            Some(state.record()?.created_at)
        })
    }

    pub(super) fn last_seen(&self) -> Option<Timestamp> {
        self.with(|state| Some(state.seen_before.unwrap_or(state.base()?.last_seen)))
    }

    /// When the idle limit ends the session, as this request leaves it, if nobody opens it again, and when the absolute
    /// one does.
    pub(super) fn ends(&self, limits: &Limits) -> Option<[Timestamp; 2]> {
        self.with(|state| {
            let last_seen = state.base()?.last_seen;
            let last_seen = match state.is_active {
                true => last_seen.max(state.begun()),
                false => last_seen,
            };
            let record = state.record()?;
            let (begun, remember) = (record.begun(), record.remember());
            Some(limits.timeouts.ends(begun, last_seen, remember))
        })
    }
}

#[cfg(all(test, not(shuttle)))]
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

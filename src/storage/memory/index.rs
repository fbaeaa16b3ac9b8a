use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::record::{SessionId, SessionRecord, Timestamp};

/// Where a session stands in the order of expiry.
///
/// A touch that puts the end off does not move it, so that it needs no lock but its own record's: the place may be earlier
/// than the session's expiry, never later, and whoever comes upon it moves it on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) expires_at: Timestamp,
    pub(super) id: SessionId,
}

impl Place {
    pub(super) fn of(id: SessionId, record: &SessionRecord) -> Self {
        let expires_at = record.expires_at;
        Self { expires_at, id }
    }
}

/// All sessions in the order of their expiry, and those of each owner.
#[derive(Default)]
pub(super) struct Index {
    anonymous: BTreeSet<Place>,
    owned: BTreeSet<Place>,
    by_owner: HashMap<Arc<str>, BTreeSet<SessionId>>,
}

impl Index {
    pub(super) fn len(&self) -> usize {
        self.anonymous.len() + self.owned.len()
    }

    pub(super) fn add(&mut self, place: Place, owner: Option<&Arc<str>>) {
        match owner {
            None => {
                self.anonymous.insert(place);
            }
            Some(owner) => {
                self.owned.insert(place);
                let ids = self.by_owner.entry(Arc::clone(owner)).or_default();
                ids.insert(place.id);
            }
        }
    }

    pub(super) fn remove(&mut self, place: &Place, owner: Option<&Arc<str>>) {
        let Some(owner) = owner else {
            self.anonymous.remove(place);
            return;
        };
        self.owned.remove(place);
        if let Some(ids) = self.by_owner.get_mut(owner) {
            ids.remove(&place.id);
            if ids.is_empty() {
                self.by_owner.remove(owner);
            }
        }
    }

    pub(super) fn ids_of(&self, owner: &str) -> Vec<SessionId> {
        let ids = self.by_owner.get(owner);
        ids.into_iter().flatten().copied().collect()
    }

    /// The sessions that would expire first: with an owner and without.
    pub(super) fn first(&self) -> impl Iterator<Item = Place> {
        let heads = [self.anonymous.first(), self.owned.first()];
        heads.into_iter().flatten().copied()
    }

    /// The first `count` sessions without an owner.
    pub(super) fn first_anonymous(&self, count: usize) -> Vec<Place> {
        self.anonymous.iter().take(count).copied().collect()
    }
}

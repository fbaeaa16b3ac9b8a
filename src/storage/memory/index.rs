use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::record::{SessionId, SessionRecord, Timestamp};

/// Where a session stands in the order of expiry.
///
/// A touch that puts the end off does not move it, so that it needs no lock but its own record's: the place may be
/// earlier than the session's expiry, never later, and whoever comes upon it moves it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// All sessions in the order of their expiry, and those of each owner. Registers stand apart: they are no sessions.
#[derive(Default)]
pub(super) struct Index {
    anonymous: BTreeSet<Place>,
    owned: BTreeSet<Place>,
    registers: BTreeSet<Place>,
    by_owner: HashMap<Arc<str>, BTreeSet<SessionId>>,
}

impl Index {
    pub(super) fn len(&self) -> usize {
        self.anonymous.len() + self.owned.len()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = SessionId> {
        let places = [&self.anonymous, &self.owned, &self.registers];
        places.into_iter().flatten().map(|place| place.id)
    }

    /// Returns whether it is the owner's only one.
    pub(super) fn add(&mut self, place: Place, owner: Option<&Arc<str>>) -> bool {
        self.order_of(place.id, owner).insert(place);
        let Some(owner) = owner else { return false };
        let ids = self.by_owner.entry(Arc::clone(owner)).or_default();
        ids.insert(place.id);
        ids.len() == 1
    }

    /// Returns whether it was the owner's only one.
    pub(super) fn remove(&mut self, place: &Place, owner: Option<&Arc<str>>) -> bool {
        self.order_of(place.id, owner).remove(place);
        let ids = owner.and_then(|owner| Some((owner, self.by_owner.get_mut(owner)?)));
        let Some((owner, ids)) = ids else {
            return false;
        };
        ids.remove(&place.id);
        let was_only = ids.is_empty();
        if was_only {
            self.by_owner.remove(owner);
        }
        was_only
    }

    /// Moves a session of this owner's to another place.
    pub(super) fn shift(&mut self, from: &Place, to: Place, owner: Option<&Arc<str>>) {
        let order = self.order_of(to.id, owner);
        order.remove(from);
        order.insert(to);
    }

    /// All places, in their order.
    #[cfg(all(test, shuttle))]
    pub(super) fn places(&self) -> Vec<Place> {
        let orders = [&self.anonymous, &self.owned, &self.registers];
        let mut places: Vec<_> = orders.into_iter().flatten().copied().collect();
        places.sort_unstable();
        places
    }

    /// The ids of each owner's sessions.
    #[cfg(all(test, shuttle))]
    pub(super) fn owners(&self) -> std::collections::BTreeMap<&str, Vec<SessionId>> {
        let owners = self.by_owner.iter();
        owners
            .map(|(owner, ids)| (&**owner, ids.iter().copied().collect()))
            .collect()
    }

    fn order_of(&mut self, id: SessionId, owner: Option<&Arc<str>>) -> &mut BTreeSet<Place> {
        match owner {
            _ if id.is_register() => &mut self.registers,
            None => &mut self.anonymous,
            Some(_) => &mut self.owned,
        }
    }

    pub(super) fn ids_of(&self, owner: &str) -> Vec<SessionId> {
        let ids = self.by_owner.get(owner);
        ids.into_iter().flatten().copied().collect()
    }

    /// What would expire first: of the sessions with an owner and of those without, and of the registers.
    pub(super) fn first(&self) -> impl Iterator<Item = Place> {
        let orders = [&self.anonymous, &self.owned, &self.registers];
        let heads = orders.map(BTreeSet::first);
        heads.into_iter().flatten().copied()
    }

    /// The first `count` sessions without an owner.
    pub(super) fn first_anonymous(&self, count: usize) -> Vec<Place> {
        self.anonymous.iter().take(count).copied().collect()
    }
}

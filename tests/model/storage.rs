//! The storage: records with a version each, and the conditional calls of the contract. One call is one atomic step.

use std::collections::BTreeMap;

/// The public id of a record. It never changes, and no other record ever gets it.
pub type Id = u8;

/// Counts the saves of a record.
pub type Version = u8;

/// A record as the storage has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stored<R> {
    pub version: Version,
    pub record: R,
}

/// What a conditional save says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved<R> {
    Done,
    /// The condition did not hold. This is the record as it is now.
    Conflict(Option<Stored<R>>),
}

/// All records of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Storage<R>(BTreeMap<Id, Stored<R>>);

impl<R: Clone> Storage<R> {
    pub fn new(records: impl IntoIterator<Item = (Id, R)>) -> Self {
        let stored = |(id, record)| (id, Stored { version: 0, record });
        Self(records.into_iter().map(stored).collect())
    }

    pub fn load(&self, id: Id) -> Option<&Stored<R>> {
        self.0.get(&id)
    }

    /// Stores `record` if the stored version is `expected`; with `None`, if there is no record.
    pub fn save(&mut self, id: Id, record: R, expected: Option<Version>) -> Saved<R> {
        let current = self.0.get(&id);
        if current.map(|stored| stored.version) != expected {
            return Saved::Conflict(current.cloned());
        }
        self.save_anyway(id, record);
        Saved::Done
    }

    /// A save without a condition, which the contract does not have: what rule 3 forbids.
    pub fn save_anyway(&mut self, id: Id, record: R) {
        let version = self.0.get(&id).map_or(0, |stored| stored.version + 1);
        self.0.insert(id, Stored { version, record });
    }

    /// Ends the record. Says whether there was one.
    pub fn delete(&mut self, id: Id) -> bool {
        self.0.remove(&id).is_some()
    }

    /// Ends the record if `condition` holds for it as it is now: `delete_owned` of one id.
    pub fn delete_if(&mut self, id: Id, condition: impl Fn(&R) -> bool) -> Option<R> {
        if !condition(&self.0.get(&id)?.record) {
            return None;
        }
        self.0.remove(&id).map(|stored| stored.record)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn list(&self) -> impl Iterator<Item = (Id, &R)> {
        self.0.iter().map(|(id, stored)| (*id, &stored.record))
    }
}

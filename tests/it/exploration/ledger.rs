//! What was really stored, and when: every change of every record, by whom and in which step.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum_bare_session::storage::{SessionRecord, SessionStorage};
use axum_bare_session::{MemorySessionStorage, SessionId};
use futures_util::FutureExt;

use super::storage::Ask;

/// Every change of what is stored, in order.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) changes: Vec<Change>,
    pub(super) stored: BTreeMap<SessionId, Option<Arc<SessionRecord>>>,
}

/// One record became another, came into being, or went.
pub(super) struct Change {
    pub(super) at: usize,
    /// The step in which the caller heard of it, if that was told.
    pub(super) known_at: Option<usize>,
    /// The request that asked for it, where that is known.
    pub(super) caller: Option<usize>,
    pub(super) id: SessionId,
    pub(super) before: Option<Arc<SessionRecord>>,
    pub(super) after: Option<Arc<SessionRecord>>,
}

impl Ledger {
    /// Compares what is stored with what was stored before a call.
    ///
    /// All records that were ever heard of, since a faulty storage may change another one than it was asked to.
    pub(super) fn observe(
        &mut self,
        truth: &MemorySessionStorage,
        ask: &Ask,
        caller: Option<usize>,
        step: usize,
    ) {
        if let Ask::Save(id, ..) | Ask::Touch(id, ..) = ask {
            self.stored.entry(*id).or_default();
        }
        for (id, before) in &mut self.stored {
            let loaded = truth.load(*id).now_or_never();
            let after = loaded.expect("memory answers at once").unwrap();
            let is_same = match (&*before, &after) {
                // Comparing records takes a while, and most are the same one.
                (Some(before), Some(after)) => Arc::ptr_eq(before, after) || before == after,
                (before, after) => before.is_none() && after.is_none(),
            };
            if !is_same {
                let before = std::mem::replace(before, after.clone());
                self.changes.push(Change {
                    at: step,
                    known_at: None,
                    caller,
                    id: *id,
                    before,
                    after,
                });
            }
        }
    }

    /// Notes that whoever made a call in step `applied_at` knows in step `step` what came of it.
    pub(super) fn tell(&mut self, applied_at: usize, step: usize) {
        let changes = self.changes.iter_mut().rev();
        let changes = changes.take_while(|change| change.at >= applied_at);
        for change in changes.filter(|change| change.at == applied_at) {
            change.known_at = Some(step);
        }
    }

    /// The last step that a memory in front of the storage may still show in step `step`: it heard of no later one.
    pub(super) fn remembered(&self, id: SessionId, step: usize) -> usize {
        let unheard = self.changes.iter().find(|change| {
            let is_heard = change.known_at.is_some_and(|known_at| known_at < step);
            change.id == id && change.at <= step && !is_heard
        });
        unheard.map_or(step, |change| change.at - 1)
    }

    /// The step in which the record came into being.
    pub(super) fn created(&self, id: SessionId) -> Option<usize> {
        let change = self.changes.iter().find(|change| change.id == id)?;
        Some(change.at)
    }

    /// The record under `id` when `step` was over.
    pub(super) fn at(&self, id: SessionId, step: usize) -> Option<&Arc<SessionRecord>> {
        let mut changes = self.changes.iter().rev();
        let change = changes.find(|change| change.id == id && change.at <= step);
        change?.after.as_ref()
    }

    /// The record under `id` as it was at each moment from the end of step `from` to that of `to`.
    pub(super) fn during(
        &self,
        id: SessionId,
        from: usize,
        to: usize,
    ) -> impl Iterator<Item = Option<&Arc<SessionRecord>>> {
        let later = move |change: &&Change| change.id == id && change.at > from && change.at <= to;
        let later = self.changes.iter().filter(later);
        std::iter::once(self.at(id, from)).chain(later.map(|change| change.after.as_ref()))
    }
}

/// Whether a record is no session, but where the crate keeps count of an owner's sessions: its id tells no time.
pub(super) fn is_register(id: SessionId) -> bool {
    uuid::Uuid::from(id).get_version_num() != 7
}

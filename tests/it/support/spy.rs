use std::collections::{HashMap, HashSet};
use std::future::pending;
use std::sync::{Arc, Mutex};

use axum_bare_session::storage::{
    DecodeError, Owned, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
};
use axum_bare_session::{MemorySessionStorage, SessionId};

use super::Gate;

/// A storage that counts its calls, and does to a call what the test says.
#[derive(Clone, Default)]
pub(crate) struct Spy<S = MemorySessionStorage> {
    pub(crate) inner: S,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    calls: Calls,
    faults: HashMap<Call, Fault>,
    gates: HashMap<Call, Gate>,
    created: HashSet<SessionId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    Load,
    Save,
    Touch,
    Delete,
    DeleteOwned,
    List,
}

/// What happens to every call of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Fails at once, and does nothing.
    Fail,
    /// Has no table yet.
    NotMigrated,
    /// Never answers, and does nothing.
    Hang,
    /// Does the work, and never answers.
    HangAfter,
    /// Answers every save with what is stored.
    Conflict,
    /// Finds a record that is no record.
    Malformed,
    /// Finds a record of a newer format.
    NewerFormat,
    /// Yields to other tasks before the work, as a storage across a network does.
    Yield,
}

/// How many calls of each kind there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) load: usize,
    pub(crate) save: usize,
    pub(crate) touch: usize,
    pub(crate) delete: usize,
    pub(crate) delete_owned: usize,
    pub(crate) list: usize,
}

impl Calls {
    pub(crate) fn total(&self) -> usize {
        self.load + self.save + self.touch + self.delete + self.delete_owned + self.list
    }
}

impl Spy {
    pub(crate) fn new() -> Self {
        Self::default()
    }
}

impl<S: SessionStorage> Spy<S> {
    pub(crate) fn over(inner: S) -> Self {
        Self {
            inner,
            state: Arc::default(),
        }
    }

    /// How many ids it was asked to create a session under.
    pub(crate) fn ids_tried(&self) -> usize {
        self.state.lock().unwrap().created.len()
    }

    /// How many of the sessions that were created through it are stored.
    pub(crate) async fn stored(&self) -> usize {
        self.stored_ids().await.len()
    }

    pub(crate) async fn stored_ids(&self) -> Vec<SessionId> {
        let created = self.state.lock().unwrap().created.clone();
        let mut stored = Vec::new();
        for id in created {
            stored.extend(self.inner.load(id).await.unwrap().map(|_| id));
        }
        stored
    }

    /// The calls since the last time this was asked.
    pub(crate) fn take_calls(&self) -> Calls {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }

    pub(crate) fn fault(&self, call: Call, fault: Fault) {
        self.state.lock().unwrap().faults.insert(call, fault);
    }

    /// Holds every call of a kind, before its work, at the gate that is returned.
    pub(crate) fn gate(&self, call: Call) -> Gate {
        let gate = Gate::new();
        let gates = &mut self.state.lock().unwrap().gates;
        gates.insert(call, gate.clone());
        gate
    }

    pub(crate) fn heal(&self) {
        let mut state = self.state.lock().unwrap();
        state.faults.clear();
        state.gates.clear();
    }

    async fn called(&self, call: Call) -> Result<Option<Fault>, StorageError> {
        let (fault, gate) = {
            let mut state = self.state.lock().unwrap();
            let calls = &mut state.calls;
            *match call {
                Call::Load => &mut calls.load,
                Call::Save => &mut calls.save,
                Call::Touch => &mut calls.touch,
                Call::Delete => &mut calls.delete,
                Call::DeleteOwned => &mut calls.delete_owned,
                Call::List => &mut calls.list,
            } += 1;
            let gate = state.gates.get(&call).cloned();
            (state.faults.get(&call).copied(), gate)
        };
        if let Some(gate) = gate {
            gate.pass().await;
        }
        match fault {
            Some(Fault::Fail) => Err(StorageError::new("the test's storage is down")),
            Some(Fault::NotMigrated) => Err(StorageError::not_migrated("no such table: people")),
            Some(Fault::Malformed) => Err(DecodeError::Malformed { field: "digest" }.into()),
            Some(Fault::NewerFormat) => Err(DecodeError::NewerFormat { format: 2 }.into()),
            Some(Fault::Hang) => pending().await,
            Some(Fault::Yield) => {
                // The middleware polls a call twice before it waits for it, which one yield would not outlast.
                tokio::task::yield_now().await;
                tokio::task::yield_now().await;
                Ok(fault)
            }
            fault => Ok(fault),
        }
    }
}

impl<S: SessionStorage> SessionStorage for Spy<S> {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        self.called(Call::Load).await?;
        self.inner.load(id).await
    }

    async fn revalidate(
        &self,
        id: SessionId,
        loaded: Arc<SessionRecord>,
    ) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        self.inner.revalidate(id, loaded).await
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        if expected.is_none() {
            self.state.lock().unwrap().created.insert(id);
        }
        let fault = self.called(Call::Save).await?;
        if fault == Some(Fault::Conflict) {
            return Ok(Saved::Conflict(self.inner.load(id).await?));
        }
        let saved = self.inner.save(id, record, expected).await;
        if fault == Some(Fault::HangAfter) {
            pending::<()>().await;
        }
        saved
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        let fault = self.called(Call::Touch).await?;
        let touched = self.inner.touch(id, expected, last_seen, expires_at).await;
        if fault == Some(Fault::HangAfter) {
            pending::<()>().await;
        }
        touched
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        let fault = self.called(Call::Delete).await?;
        let deleted = self.inner.delete(id).await;
        if fault == Some(Fault::HangAfter) {
            pending::<()>().await;
        }
        deleted
    }

    async fn list(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> Result<Vec<(SessionId, Arc<SessionRecord>)>, StorageError> {
        self.called(Call::List).await?;
        self.inner.list(owner, now).await
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        let fault = self.called(Call::DeleteOwned).await?;
        let deleted = self.inner.delete_owned(owner, which, now).await;
        if fault == Some(Fault::HangAfter) {
            pending::<()>().await;
        }
        deleted
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        self.inner.delete_expired(now).await
    }
}

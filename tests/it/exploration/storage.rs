//! The storage between the application and its records: every call waits until the schedule lets it go on.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum_bare_session::storage::{
    Owned, Saved, SessionRecord, SessionStorage, StorageError, Timestamp, Version,
};
use axum_bare_session::{MemorySessionStorage, SessionId};
use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::ledger::Ledger;

type Listed = Vec<(SessionId, Arc<SessionRecord>)>;

/// What the schedule, its requests and its storage share.
#[derive(Default)]
pub(super) struct Shared {
    /// How many steps the schedule has made.
    pub(super) step: AtomicUsize,
    pub(super) calls: Mutex<Vec<Call>>,
    pub(super) ledger: Mutex<Ledger>,
    /// The requests whose processes have ended: nobody waits for their calls, and they make no more.
    crashed: Mutex<BTreeSet<usize>>,
    /// The requests by their spans, which a commit in a task of its own keeps.
    pub(super) spans: Mutex<HashMap<u64, usize>>,
}

/// A call to the storage, from the moment that it was made.
pub(super) struct Call {
    pub(super) caller: Option<usize>,
    pub(super) ask: Ask,
    pub(super) applied_at: Option<usize>,
    /// The answer that is on its way back.
    answer: Option<Result<Answer, StorageError>>,
    reply_to: Option<oneshot::Sender<Result<Answer, StorageError>>>,
    is_orphaned: bool,
    is_lost: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Ask {
    Load(SessionId),
    Save(SessionId, Arc<SessionRecord>, Option<Version>),
    Touch(SessionId, Version, Timestamp, Timestamp),
    Delete(SessionId),
    DeleteOwned(String, Owned, Timestamp),
    List(String, Timestamp),
}

impl Ask {
    /// The record that it is about, if it is about one.
    pub(super) fn id(&self) -> Option<SessionId> {
        match self {
            Self::Load(id) | Self::Save(id, ..) | Self::Touch(id, ..) | Self::Delete(id) => {
                Some(*id)
            }
            Self::DeleteOwned(..) | Self::List(..) => None,
        }
    }
}

enum Answer {
    Record(Option<Arc<SessionRecord>>),
    Saved(Saved),
    Touched(bool),
    Deleted(bool),
    DeletedOwned(Vec<SessionId>),
    Listed(Listed),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing has happened yet.
    Asked,
    /// It was applied, and its answer waits.
    Applied,
    /// Whoever asked has given up, and it may still be applied.
    Abandoned,
    Over,
}

impl Call {
    pub(super) fn stage(&self) -> Stage {
        match &self.reply_to {
            _ if self.is_lost => Stage::Over,
            None => Stage::Over,
            Some(reply_to) if self.is_orphaned || reply_to.is_closed() => match self.applied_at {
                Some(_) => Stage::Over,
                None => Stage::Abandoned,
            },
            Some(_) if self.applied_at.is_some() => Stage::Applied,
            Some(_) => Stage::Asked,
        }
    }

    /// Forgets a call that nobody waits for, as if it had never arrived.
    pub(super) fn discard(&mut self) {
        self.is_lost = true;
    }
}

/// A storage whose calls the schedule lets through one by one.
///
/// `inner` answers at once. What is really stored is read from `truth`, since `inner` may be made to lie.
#[derive(Clone)]
pub(super) struct Gated<S> {
    inner: S,
    truth: MemorySessionStorage,
    pub(super) shared: Arc<Shared>,
}

impl<S: SessionStorage> Gated<S> {
    pub(super) fn over(inner: S, truth: MemorySessionStorage, shared: Arc<Shared>) -> Self {
        Self {
            inner,
            truth,
            shared,
        }
    }

    /// Applies a call, and keeps its answer back.
    pub(super) fn apply(&self, number: usize) {
        let (ask, caller) = {
            let calls = self.shared.calls.lock().unwrap();
            (calls[number].ask.clone(), calls[number].caller)
        };
        let answer = self.answer(&ask);
        let step = self.shared.step.load(Ordering::Relaxed);
        let mut ledger = self.shared.ledger.lock().unwrap();
        ledger.observe(&self.truth, &ask, caller, step);
        let call = &mut self.shared.calls.lock().unwrap()[number];
        call.answer = Some(answer);
        call.applied_at = Some(step);
    }

    fn answer(&self, ask: &Ask) -> Result<Answer, StorageError> {
        let inner = &self.inner;
        let answer = async {
            match ask.clone() {
                Ask::Load(id) => inner.load(id).await.map(Answer::Record),
                Ask::Save(id, record, expected) => {
                    let saved = inner.save(id, record, expected).await;
                    saved.map(Answer::Saved)
                }
                Ask::Touch(id, expected, seen, end) => {
                    let touched = inner.touch(id, expected, seen, end).await;
                    touched.map(Answer::Touched)
                }
                Ask::Delete(id) => inner.delete(id).await.map(Answer::Deleted),
                Ask::DeleteOwned(owner, which, now) => {
                    let mut deleted = inner.delete_owned(&owner, which, now).await?;
                    deleted.sort();
                    Ok(Answer::DeletedOwned(deleted))
                }
                Ask::List(owner, now) => {
                    let mut listed = inner.list(&owner, now).await?;
                    // Any order is right; this one is the same when the schedule is run again.
                    listed.sort_by_key(|(id, _)| *id);
                    Ok(Answer::Listed(listed))
                }
            }
        };
        answer
            .now_or_never()
            .expect("the innermost storage answers at once")
    }

    /// Sends the answer of a call that was applied.
    pub(super) fn reply(&self, number: usize) {
        let call = &mut self.shared.calls.lock().unwrap()[number];
        let (answer, reply_to) = (call.answer.take(), call.reply_to.take());
        // Nobody listens where the request was given up meanwhile.
        let _ = reply_to.unwrap().send(answer.unwrap());
        let step = self.shared.step.load(Ordering::Relaxed);
        let mut ledger = self.shared.ledger.lock().unwrap();
        ledger.tell(call.applied_at.unwrap(), step);
    }

    /// Answers a call, applied or not, by an error.
    pub(super) fn fail(&self, number: usize) {
        let call = &mut self.shared.calls.lock().unwrap()[number];
        let error = StorageError::new("the schedule lets this call fail");
        let _ = call.reply_to.take().unwrap().send(Err(error));
    }

    /// Ends the process of a request: calls that are on their way may still arrive.
    pub(super) fn crash(&self, caller: usize) {
        self.shared.crashed.lock().unwrap().insert(caller);
        for call in self.shared.calls.lock().unwrap().iter_mut() {
            call.is_orphaned |= call.caller == Some(caller);
        }
    }

    async fn call(&self, ask: Ask) -> Result<Answer, StorageError> {
        let (reply_to, answer) = oneshot::channel();
        let span = tracing::Span::current().id();
        let caller = span.and_then(|id| {
            let spans = self.shared.spans.lock().unwrap();
            spans.get(&id.into_u64()).copied()
        });
        let has_crashed = |caller| self.shared.crashed.lock().unwrap().contains(caller);
        if caller.as_ref().is_some_and(has_crashed) {
            return std::future::pending().await;
        }
        self.shared.calls.lock().unwrap().push(Call {
            caller,
            ask,
            applied_at: None,
            answer: None,
            reply_to: Some(reply_to),
            is_orphaned: false,
            is_lost: false,
        });
        answer.await.expect("the schedule answers or is dropped")
    }
}

impl<S: SessionStorage> SessionStorage for Gated<S> {
    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StorageError> {
        match self.call(Ask::Load(id)).await? {
            Answer::Record(record) => Ok(record),
            _ => unreachable!("the answer to a load"),
        }
    }

    async fn save(
        &self,
        id: SessionId,
        record: Arc<SessionRecord>,
        expected: Option<Version>,
    ) -> Result<Saved, StorageError> {
        match self.call(Ask::Save(id, record, expected)).await? {
            Answer::Saved(saved) => Ok(saved),
            _ => unreachable!("the answer to a save"),
        }
    }

    async fn touch(
        &self,
        id: SessionId,
        expected: Version,
        last_seen: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StorageError> {
        let ask = Ask::Touch(id, expected, last_seen, expires_at);
        match self.call(ask).await? {
            Answer::Touched(touched) => Ok(touched),
            _ => unreachable!("the answer to a touch"),
        }
    }

    async fn delete(&self, id: SessionId) -> Result<bool, StorageError> {
        match self.call(Ask::Delete(id)).await? {
            Answer::Deleted(deleted) => Ok(deleted),
            _ => unreachable!("the answer to a deletion"),
        }
    }

    async fn delete_owned(
        &self,
        owner: &str,
        which: Owned,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StorageError> {
        let ask = Ask::DeleteOwned(owner.to_owned(), which, now);
        match self.call(ask).await? {
            Answer::DeletedOwned(deleted) => Ok(deleted),
            _ => unreachable!("the answer to a deletion of an owner's"),
        }
    }

    async fn list(&self, owner: &str, now: Timestamp) -> Result<Listed, StorageError> {
        match self.call(Ask::List(owner.to_owned(), now)).await? {
            Answer::Listed(listed) => Ok(listed),
            _ => unreachable!("the answer to a list"),
        }
    }

    async fn delete_expired(&self, now: Timestamp) -> Result<u64, StorageError> {
        self.inner.delete_expired(now).await
    }
}

use std::panic::resume_unwind;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::runtime::Handle;
use tracing::Instrument;

use super::commit::end_orphan;
use super::slot::Slot;
use crate::session::{Answer, SessionError};

/// Brings the storage up to date by `work`, in a task of its own: it goes on to its end also where nobody waits for it any more, or asks.
/// So a client that hangs up gets all of a commit or none of it, and a `save` that is given up is made all the same, once.
pub(super) async fn undisturbed(
    slot: &Slot,
    work: Answer<'static, ()>,
) -> Result<(), SessionError> {
    if slot.service.answers_at_once() {
        return work.await;
    }
    let Ok(runtime) = Handle::try_current() else {
        return work.await;
    };
    match runtime.spawn(work.in_current_span()).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(cancelled) => Err(SessionError::Storage(cancelled.into())),
        },
    }
}

/// Ends what the request made and nobody was told of, now that the client has hung up.
pub(super) fn end_orphan_later(slot: Arc<Slot>) {
    if !slot.session.has_orphan() {
        return;
    }
    let work = async move { end_orphan(&slot).await };
    match Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn(work.in_current_span())),
        // Without a runtime there is no storage but the one in memory, which answers at once.
        Err(_) => drop(work.now_or_never()),
    }
}

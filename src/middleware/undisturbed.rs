use std::panic::resume_unwind;

use tokio::runtime::Handle;
use tracing::Instrument;

use super::slot::Slot;
use crate::session::{Answer, SessionError};

/// Brings the storage up to date by `work`, in a task of its own: it goes on to its end also where nobody waits for it
/// any more, or asks. So a client that hangs up gets all of a commit or none of it, and a `save` that is given up is
/// made all the same, once.
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

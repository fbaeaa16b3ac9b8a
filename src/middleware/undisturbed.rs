use std::panic::resume_unwind;

use tokio::runtime::Handle;
use tracing::Instrument;

use super::slot::Slot;
use crate::session::{Answer, SessionError};

/// Brings the storage up to date with the slot's session by `work`, whose calls go on to the last one also where nobody waits for them any more.
///
/// A single call to the storage does all or nothing: a client that hangs up cannot halve it. But what follows `destroy` may take two, a
/// deletion and a creation, and a log-in under a limit several, and must not be stopped between them.
pub(super) async fn undisturbed(
    slot: &Slot,
    work: Answer<'static, ()>,
) -> Result<(), SessionError> {
    let takes_several_calls = slot.session.is_destroyed()
        || slot.service.session_limit.is_some() && slot.session.logs_in();
    if !takes_several_calls {
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

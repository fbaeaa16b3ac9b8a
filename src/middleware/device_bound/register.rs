use std::sync::Arc;

use super::endpoints::{Call, Refusal};
use crate::middleware::commit::save;
use crate::middleware::slot::Slot;
use crate::middleware::undisturbed::undisturbed;
use crate::record::{Binding, Timestamp};
use crate::service::event::SessionEventKind;
use crate::service::service::Service;
use crate::session::{Opened, SessionError, Stored};
use crate::transport::device_bound::{Proof, ProofError, proof};

/// Binds the session to the key that the browser brings, if it has just logged in and nobody has bound it yet.
pub(super) async fn register(service: &Arc<Service>, call: &Call) -> Result<Arc<Binding>, Refusal> {
    let (slot, now) = (Arc::new(Slot::new(Arc::clone(service))), service.now());
    let Opened::Live(stored, ..) = slot.find(&call.headers, now).await? else {
        return Err(Refusal::Final);
    };
    let offer = stored.record.binding().filter(|it| it.is_open(now));
    let Some(offer) = offer.cloned() else {
        tracing::info!(session.id = %stored.id, "registration refused: none was offered, or another one was first");
        return Err(Refusal::Final);
    };
    let bound = take(&offer, call, now).map_err(|error| Refusal::of_proof(stored.id, error))?;
    let Stored { id, record } = &stored;
    let (id, owner, bound) = (*id, record.owner.clone(), Arc::new(bound));
    // Without the secret: what else may be due for it waits for a response that can send it.
    slot.session
        .open(now, Opened::Live(stored, None, Vec::new()));
    slot.session.bind(offer, Arc::clone(&bound));
    match undisturbed(&slot, Box::pin(save(Arc::clone(&slot)))).await {
        Ok(()) => {
            service.report(SessionEventKind::Bound, id, owner.as_ref());
            Ok(bound)
        }
        // Another registration, a log-in or the end of the session was first.
        Err(SessionError::Superseded | SessionError::Ended) => Err(Refusal::Final),
        Err(error) => Err(error.into()),
    }
}

fn take(offer: &Binding, call: &Call, now: Timestamp) -> Result<Binding, ProofError> {
    let jwt = proof(&call.headers)?.ok_or(ProofError::Count)?;
    let mut proof = Proof::read(jwt)?;
    let device = proof.device.take().ok_or(ProofError::Key)?;
    if !offer.is_registration_challenge(&proof.challenge) {
        return Err(ProofError::OtherChallenge);
    }
    proof.verify(&device, &call.url)?;
    Ok(offer.bound(device, now))
}

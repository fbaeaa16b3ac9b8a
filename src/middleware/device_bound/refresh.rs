use std::sync::Arc;

use super::endpoints::{Call, Refusal};
use crate::middleware::slot::Slot;
use crate::record::{Binding, SessionId, Timestamp};
use crate::service::service::Service;
use crate::session::{Opened, Stored};
use crate::transport::device_bound::{Proof, challenge, proof, session_identifier};

/// Finds the binding for which the browser has proved itself once more. The session's secret comes first: a browser
/// also refreshes where its user has removed all cookies. Nothing is written.
pub(super) async fn refresh(service: &Arc<Service>, call: &Call) -> Result<Arc<Binding>, Refusal> {
    let (slot, now) = (Slot::new(Arc::clone(service)), service.now());
    let Opened::Live(Stored { id, record }, ..) = slot.find(&call.headers, now).await? else {
        return Err(Refusal::Final);
    };
    let named = session_identifier(&call.headers);
    let is_named = |binding: &&Arc<Binding>| {
        binding.device().is_some() && named == Some(binding.session_identifier().as_bytes())
    };
    if let Some(binding) = record.binding().filter(is_named) {
        return prove(binding, call, id, now).map(|()| Arc::clone(binding));
    }
    // A cache may not have heard of the registration yet.
    let current = service.revalidate_readable(id, record).await?;
    let current = current.as_ref().and_then(|record| record.binding());
    let Some(binding) = current.filter(is_named) else {
        tracing::info!(session.id = %id, "refresh refused: the session is not bound, or anew");
        return Err(Refusal::Final);
    };
    prove(binding, call, id, now).map(|()| Arc::clone(binding))
}

fn prove(binding: &Binding, call: &Call, id: SessionId, now: Timestamp) -> Result<(), Refusal> {
    let refused = |error| Refusal::of_proof(id, error);
    let unproven = || challenge(binding, now).map_or(Refusal::Final, Refusal::Unproven);
    let jwt = proof(&call.headers).map_err(refused)?;
    let proof = Proof::read(jwt.ok_or_else(unproven)?).map_err(refused)?;
    if !binding.is_challenge(&proof.challenge, now) {
        return Err(unproven());
    }
    match binding.device() {
        Some(device) => proof.verify(device, &call.url).map_err(refused),
        None => Err(Refusal::Final),
    }
}

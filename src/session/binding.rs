use std::sync::Arc;

use super::draft::Draft;
use super::error::SessionError;
use super::limits::Limits;
use crate::record::{Binding, BindingKey, Transport};

/// Takes an offer: binds the session to the device of the browser that it was made to.
pub(super) struct Bind {
    offer: Arc<Binding>,
    bound: Arc<Binding>,
}

impl Draft {
    /// Offers the browser that has just logged in to bind the session. A log-in begins anew also with that; who proves
    /// again who they are stays bound, and so does what is logged in to by a process that makes no offers.
    pub(super) fn offer(&mut self, offer: Option<&Arc<Binding>>, is_again: bool) {
        let stays = self.record.is_bound() && (is_again || offer.is_none());
        if !stays && self.record.transport() == Transport::Cookie {
            self.record.set_rare(|rare| rare.binding = offer.cloned());
        }
    }

    /// Only the very offer that the browser has answered is taken, and once.
    pub(super) fn bind(&mut self, bind: &Bind) -> Result<(), SessionError> {
        if self.record.binding() != Some(&bind.offer) {
            return Err(SessionError::Superseded);
        }
        let bound = Arc::clone(&bind.bound);
        self.record.set_rare(|rare| rare.binding = Some(bound));
        Ok(())
    }
}

impl Limits {
    /// What the next offer is made of, where sessions are to be bound.
    pub(super) fn binding_key(&self) -> Result<Option<BindingKey>, SessionError> {
        if !self.binds_devices {
            return Ok(None);
        }
        let key = BindingKey::generate(&self.random);
        let key = key.map_err(|error| SessionError::Random(error.into()))?;
        Ok(Some(key))
    }
}

#[cfg(feature = "device-bound")]
impl super::session::Session {
    /// Binds the session, if `offer` still stands when it is saved.
    pub(crate) fn bind(&self, offer: Arc<Binding>, bound: Arc<Binding>) {
        let bind = super::operation::Operation::Bind(Bind { offer, bound });
        self.with(|state| state.write(bind));
    }

    /// The offer that the response makes to the browser, if this request has logged in.
    pub(crate) fn offered_binding(&self) -> Option<Arc<Binding>> {
        self.with(|state| {
            let binding = state.status.live()?.record.binding()?;
            let is_made = state.offers_binding && binding.device().is_none();
            is_made.then(|| Arc::clone(binding))
        })
    }
}

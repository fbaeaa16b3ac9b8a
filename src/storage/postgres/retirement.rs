use std::sync::{Arc, OnceLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The place that a connection takes, from when another was made in its stead until the server has answered all that
/// was asked on it.
///
/// A server that waits for a lock, or for a replica, does not notice that nobody waits for its answer any more: closed,
/// its connections would stay there, and be more with each call that is given up. Where all places are taken, those
/// that there are stay, and wait.
#[derive(Clone)]
pub(super) struct Retirement {
    places: Arc<Semaphore>,
    taken: Arc<OnceLock<OwnedSemaphorePermit>>,
}

impl Retirement {
    /// Of a connection, and of those that share the places.
    pub(super) fn new(places: &Arc<Semaphore>) -> Self {
        let (places, taken) = (Arc::clone(places), Arc::default());
        Self { places, taken }
    }

    /// Whether it has a place, until all clones are gone.
    pub(super) fn begin(&self) -> bool {
        if self.taken.get().is_none()
            && let Ok(place) = Arc::clone(&self.places).try_acquire_owned()
        {
            let _ = self.taken.set(place);
        }
        self.taken.get().is_some()
    }
}

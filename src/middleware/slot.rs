use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::http::HeaderValue;

use crate::service::service::Service;
use crate::session::Session;

/// One request's way from the cookie to the session and back: the handle in the request's extensions.
pub(super) struct Slot {
    pub(super) service: Arc<Service>,
    pub(super) session: Session,
    /// Whether a handler asked for the session, also where it could not be loaded.
    consulted: AtomicBool,
    /// Whether the browser may prove itself if it is asked for the same page again.
    #[cfg(feature = "device-bound")]
    pub(super) asks_again: AtomicBool,
    /// What removes the former cookies in which the request's session was.
    pub(super) moved: OnceLock<Vec<HeaderValue>>,
    /// Locked while a save is under way, so that the saves of one request come one after another.
    pub(super) saving: tokio::sync::Mutex<()>,
}

impl Slot {
    pub(super) fn new(service: Arc<Service>) -> Self {
        Self {
            session: Session::new(),
            service,
            consulted: AtomicBool::new(false),
            #[cfg(feature = "device-bound")]
            asks_again: AtomicBool::new(false),
            moved: OnceLock::new(),
            saving: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn consult(&self) {
        self.consulted.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_consulted(&self) -> bool {
        self.consulted.load(Ordering::Relaxed)
    }
}

/// Marks a request whose sessions are looked at without being activity.
#[derive(Clone)]
pub(super) struct NoActivity;

/// A slot under its scope's type, as extensions are told apart.
pub(super) struct Attached<S> {
    pub(super) slot: Arc<Slot>,
    scope: PhantomData<fn() -> S>,
}

impl<S> Attached<S> {
    pub(super) fn new(slot: Arc<Slot>) -> Self {
        Self {
            slot,
            scope: PhantomData,
        }
    }
}

impl<S> Clone for Attached<S> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.slot))
    }
}

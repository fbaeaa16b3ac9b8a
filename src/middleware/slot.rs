use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::service::service::Service;
use crate::record::Secret;
use crate::session::Session;

/// One request's way from the cookie to the session and back: the handle in the request's extensions.
pub(super) struct Slot {
    pub(super) service: Arc<Service>,
    pub(super) session: Session,
    /// Whether a handler asked for the session, also where it could not be loaded.
    consulted: AtomicBool,
    /// Locked while a save is under way, so that the saves of one request come one after another.
    pub(super) saving: tokio::sync::Mutex<()>,
    outgoing: Mutex<Outgoing>,
}

/// What is to be said of the cookie in the response.
#[derive(Default)]
pub(super) struct Outgoing {
    /// The secret that opens the session, as far as this request knows it.
    pub(super) secret: Option<Secret>,
    pub(super) cookie: CookieChange,
    /// Whether the cookie came with a signature of a key that signs no more, and so is due to be sent again.
    pub(super) is_signed_anew: bool,
}

impl Outgoing {
    /// The cookie is to be removed.
    pub(super) fn removal() -> Self {
        Self {
            cookie: CookieChange::Remove,
            ..Self::default()
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum CookieChange {
    #[default]
    None,
    Set,
    Remove,
}

impl Slot {
    pub(super) fn new(service: Arc<Service>) -> Self {
        Self {
            session: Session::new(),
            service,
            consulted: AtomicBool::new(false),
            saving: tokio::sync::Mutex::default(),
            outgoing: Mutex::default(),
        }
    }

    pub(super) fn consult(&self) {
        self.consulted.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_consulted(&self) -> bool {
        self.consulted.load(Ordering::Relaxed)
    }

    /// Whether the storage is to hear of the session because its cookie is due, though nothing was changed.
    pub(super) fn is_cookie_due(&self) -> bool {
        let outgoing = self.outgoing();
        outgoing.cookie == CookieChange::Set || outgoing.is_signed_anew
    }

    /// Whether the handler itself has saved the session in a way that needs a cookie.
    pub(super) fn has_saved_early(&self) -> bool {
        self.outgoing().cookie == CookieChange::Set
    }

    pub(super) fn outgoing(&self) -> MutexGuard<'_, Outgoing> {
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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

use std::any::TypeId;
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::http::HeaderValue;
use smallvec::SmallVec;

use crate::record::Timestamp;
use crate::service::service::Service;
use crate::session::{Session, Stored};

/// One request's way from the cookie to the session and back: the handle in the request's extensions.
pub(super) struct Slot {
    pub(super) service: Arc<Service>,
    pub(super) session: Session,
    /// Whether a handler asked for the session, also where it could not be loaded.
    consulted: AtomicBool,
    /// Whether the browser may prove itself if it is asked for the same page again.
    #[cfg(feature = "device-bound")]
    pub(super) asks_again: AtomicBool,
    /// Whether the browser has a bound cookie that is of no use any more.
    #[cfg(feature = "device-bound")]
    pub(super) drops_bound_cookie: AtomicBool,
    /// What removes the former cookies in which the request's session was.
    pub(super) moved: OnceLock<Vec<HeaderValue>>,
    /// Locked while a save is under way, so that the saves of one request come one after another.
    pub(super) saving: tokio::sync::Mutex<()>,
}

impl Slot {
    pub(super) fn new(service: Arc<Service>) -> Self {
        Self {
            session: Session::default(),
            service,
            consulted: AtomicBool::new(false),
            #[cfg(feature = "device-bound")]
            asks_again: AtomicBool::new(false),
            #[cfg(feature = "device-bound")]
            drops_bound_cookie: AtomicBool::new(false),
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

    /// Moves the end of a session that was opened. That it fails loses nothing, and fails no request. Returns whether
    /// the storage has just confirmed that the session is still this request's.
    pub(super) async fn touch(
        &self,
        stored: &Stored,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> bool {
        let Stored { id, record } = stored;
        let touched = self
            .service
            .storage
            .touch(*id, record.version, now, expires_at);
        match self.service.in_time(touched).await {
            Ok(true) => {
                self.session.touched(stored.touched(now, expires_at));
                self.send_again(record.remember().is_some(), now);
                true
            }
            // Another request saved the session, which is as good as a touch, or ended it.
            Ok(false) => false,
            Err(error) => {
                tracing::warn!(session.id = %id, error = &error as &dyn Error, "session not touched");
                false
            }
        }
    }

    /// Sends the cookie again of a session whose end has moved, where that is due.
    pub(super) fn send_again(&self, is_remembered: bool, now: Timestamp) {
        if self.service.cookie.is_sent_again(is_remembered, now) {
            self.session.send_again();
        }
    }
}

/// Marks a request whose sessions are looked at without being activity.
#[derive(Clone)]
pub(super) struct NoActivity;

/// A slot for each scope: of a request, those whose middleware it has passed; of a response, those within it that a
/// handler asked for.
#[derive(Clone, Default)]
pub(super) struct Attached(SmallVec<[(TypeId, Arc<Slot>); 1]>);

impl Attached {
    pub(super) fn slot_of<S: 'static>(&self) -> Option<&Arc<Slot>> {
        let mut slots = self.0.iter();
        let of_scope = slots.find(|(scope, _)| *scope == TypeId::of::<S>());
        of_scope.map(|(_, slot)| slot)
    }

    pub(super) fn attach<S: 'static>(&mut self, slot: Arc<Slot>) {
        self.0.push((TypeId::of::<S>(), slot));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.0.iter().map(|(_, slot)| &**slot)
    }
}

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, PoisonError, Weak};

use tokio::runtime::Handle;
use tokio::sync::watch::{Receiver, Sender};

use super::service::Service;
use crate::record::{SessionId, SessionRecord};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, MutexGuard};

/// The most sessions that one call to the storage asks for: few enough to be answered within its time limit, also where
/// each is loaded by itself. A call that fails tells of none of them.
const MAX_IDS: usize = 100;

/// The sessions whose end somebody waits for: a socket, or a stream.
///
/// What this process ends is known at once. What others end, and what expires, is found by one look at the storage for
/// all of them, again and again as long as anybody waits.
#[derive(Default)]
pub(crate) struct Watches {
    watched: Mutex<HashMap<SessionId, Sender<Life>>>,
    is_polled: AtomicBool,
}

/// How often the session was renewed on request; `None`: it has ended.
type Life = Option<u32>;

impl Watches {
    /// Notes what has become of a session.
    pub(super) fn note(&self, id: SessionId, life: Life) {
        if !self.is_polled.load(Ordering::Acquire) {
            return;
        }
        if let Some(sender) = self.watched().get(&id) {
            sender.send_if_modified(|known| {
                let is_newer = is_newer(*known, life);
                if is_newer {
                    *known = life;
                }
                is_newer
            });
        }
    }

    /// Those that somebody waits for; `None`: there is none, and whoever comes next polls anew.
    fn ids(&self) -> Option<Vec<SessionId>> {
        let mut watched = self.watched();
        watched.retain(|_, sender| sender.receiver_count() > 0);
        if watched.is_empty() {
            self.is_polled.store(false, Ordering::Release);
            return None;
        }
        Some(watched.keys().copied().collect())
    }

    /// Watches a session, and tells whether to begin to poll for it.
    fn watch(&self, id: SessionId, renewals: u32) -> (Receiver<Life>, bool) {
        let mut watched = self.watched();
        let sender = watched
            .entry(id)
            .or_insert_with(|| Sender::new(Some(renewals)));
        // One that had expired may go on, by a request that came in time. Whether it has ended since is looked up.
        if sender.borrow().is_none() {
            *sender = Sender::new(Some(renewals));
        }
        let receiver = sender.subscribe();
        let begins = !self.is_polled.swap(true, Ordering::AcqRel);
        drop(watched);
        // Those who came before may know of fewer renewals.
        self.note(id, Some(renewals));
        (receiver, begins)
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<SessionId, Sender<Life>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `life` is later than what is `known`. Nothing comes back, and numbers go round.
fn is_newer(known: Life, life: Life) -> bool {
    match (known, life) {
        (Some(known), Some(renewals)) => (1..u32::MAX / 2).contains(&renewals.wrapping_sub(known)),
        (known, None) => known.is_some(),
        (None, Some(_)) => false,
    }
}

impl Service {
    /// Waits until the session has ended, or was renewed more often than that.
    pub(crate) async fn ended(self: Arc<Self>, id: SessionId, renewals: u32) {
        let known = Arc::downgrade(&self);
        let mut service = Some(self);
        // Whose sender is gone waits anew: it polled, or somebody in a runtime that has ended did.
        while let Some(it) = service {
            let (mut receiver, begins) = it.watches.watch(id, renewals);
            // Without a runtime nothing is polled; no socket is without one.
            if begins && let Ok(runtime) = Handle::try_current() {
                runtime.spawn(Polling(Arc::downgrade(&it)).run());
            }
            // What happened since the request loaded it.
            it.look(&[id]).await;
            drop(it);
            if receiver
                .wait_for(|life| *life != Some(renewals))
                .await
                .is_ok()
            {
                return;
            }
            service = known.upgrade();
        }
    }

    /// Notes what has become of these sessions. A storage that does not answer has ended none.
    async fn look(&self, ids: &[SessionId]) {
        // What the answer tells is as of now, or later: one that is prolonged meanwhile has not expired.
        let now = self.now();
        let loaded = match self.in_time(self.storage.load_many(ids)).await {
            Ok(loaded) => loaded.into_iter().collect::<HashMap<_, _>>(),
            Err(error) => {
                let error = &error as &dyn Error;
                tracing::warn!(
                    error,
                    "whether sessions have ended is not known: asked again"
                );
                return;
            }
        };
        let is_live = |record: &&Arc<SessionRecord>| record.is_live(&self.limits.timeouts, now);
        for id in ids {
            let live = loaded.get(id).filter(is_live);
            self.watches.note(*id, live.map(|record| record.renewals));
        }
    }
}

/// Looks at all that are watched, as long as there are any.
struct Polling(Weak<Service>);

impl Polling {
    async fn run(mut self) {
        while let Some(interval) = self.0.upgrade().map(|it| it.watch_interval) {
            tokio::time::sleep(interval).await;
            let Some(service) = self.0.upgrade() else {
                return;
            };
            let Some(ids) = service.watches.ids() else {
                self.0 = Weak::new();
                return;
            };
            for ids in ids.chunks(MAX_IDS) {
                service.look(ids).await;
            }
        }
    }
}

/// Where the runtime ends under it, those who wait in another one go on, and one of them polls anew.
impl Drop for Polling {
    fn drop(&mut self) {
        if let Some(service) = self.0.upgrade() {
            let mut watched = service.watches.watched();
            service.watches.is_polled.store(false, Ordering::Release);
            let senders = std::mem::take(&mut *watched);
            // Who waits is woken where no lock is held.
            drop(watched);
            drop(senders);
        }
    }
}

#[cfg(all(test, shuttle))]
mod interleavings {
    use shuttle::thread;

    use super::*;

    #[test]
    fn an_end_is_noticed_by_who_begins_to_wait_at_that_moment() {
        shuttle::check_random(
            || {
                let id = uuid::Uuid::from_bytes([1; 16]).into();
                let watches = Arc::new(Watches::default());
                let stored = Arc::new(Mutex::new(Some(1)));
                let (former, _) = watches.watch(uuid::Uuid::from_bytes([2; 16]).into(), 0);

                let (watched, ending) = (Arc::clone(&watches), Arc::clone(&stored));
                let end = thread::spawn(move || {
                    *ending.lock().unwrap() = None;
                    watched.note(id, None);
                });
                let polled = Arc::clone(&watches);
                let poll = thread::spawn(move || {
                    drop(former);
                    polled.ids().is_some()
                });
                let (receiver, begins) = watches.watch(id, 1);
                let life = *stored.lock().unwrap();
                watches.note(id, life);
                end.join().unwrap();
                assert_eq!(*receiver.borrow(), None);
                // Somebody goes on to poll.
                assert_ne!(poll.join().unwrap(), begins);
                assert!(watches.is_polled.load(Ordering::Acquire));
            },
            5_000,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_comes_back_and_numbers_go_round() {
        assert!(is_newer(Some(1), Some(2)) && is_newer(Some(1), None));
        assert!(is_newer(Some(u32::MAX), Some(0)));
        for (known, life) in [
            (Some(2), Some(2)),
            (Some(2), Some(1)),
            (Some(0), Some(u32::MAX)),
            (None, Some(9)),
            (None, None),
        ] {
            assert!(!is_newer(known, life), "{known:?} {life:?}");
        }
    }
}

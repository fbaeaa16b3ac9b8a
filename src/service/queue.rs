use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::record::{SessionId, SessionRecord};
use crate::sync::{Mutex, MutexGuard};

/// Where requests of this process wait for their turn to write a record that many change at once.
///
/// Without it, n of them would each try n times.
#[derive(Default)]
pub(crate) struct Queues(Mutex<HashMap<SessionId, Queue>>);

/// Holds the record as the last one in turn has written it.
type Queue = Arc<tokio::sync::Mutex<Option<Arc<SessionRecord>>>>;

/// A place in the queue of a record. Whoever leaves last closes it.
struct Place<'a> {
    queues: &'a Queues,
    id: SessionId,
    /// Until it leaves.
    queue: Option<Queue>,
}

/// The turn of one request. It ends when this is dropped.
pub(crate) struct Turn<'a> {
    // Dropped in this order: the next one in turn has a place of its own by then.
    latest: OwnedMutexGuard<Option<Arc<SessionRecord>>>,
    _place: Place<'a>,
}

impl Queues {
    /// Waits until it is this request's turn to write the record of that id.
    pub(crate) async fn turn(&self, id: SessionId) -> Turn<'_> {
        let queue = Arc::clone(self.queues().entry(id).or_default());
        let place = Place {
            queues: self,
            id,
            queue: Some(Arc::clone(&queue)),
        };
        let latest = queue.lock_owned().await;
        Turn {
            latest,
            _place: place,
        }
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<SessionId, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// The record as the one before has written it, if that is newer than `known`.
    pub(crate) fn newer(&self, known: Arc<SessionRecord>) -> Arc<SessionRecord> {
        match &*self.latest {
            Some(latest) if latest.version > known.version => Arc::clone(latest),
            _ => known,
        }
    }

    /// Notes what is stored now, for the next one in turn.
    pub(crate) fn wrote(&mut self, record: &Arc<SessionRecord>) {
        *self.latest = Some(Arc::clone(record));
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut queues = self.queues.queues();
        // While the map is locked: of two who leave at once, one sees the other gone.
        self.queue = None;
        if queues
            .get(&self.id)
            .is_some_and(|it| Arc::strong_count(it) == 1)
        {
            queues.remove(&self.id);
        }
    }
}

#[cfg(all(test, shuttle))]
mod interleavings {
    use shuttle::future::{block_on, spawn, yield_now};
    use shuttle::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn turns_come_one_after_another_also_where_one_is_given_up_and_leave_no_queue() {
        let id = uuid::Uuid::from_bytes([1; 16]).into();
        let run = async move || {
            let (queues, inside) = (Arc::new(Queues::default()), Arc::new(AtomicUsize::new(0)));
            let tasks = [0, 1, 2, 3].map(|_| {
                let (queues, inside) = (Arc::clone(&queues), Arc::clone(&inside));
                spawn(async move {
                    let turn = queues.turn(id).await;
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    yield_now().await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(turn);
                })
            });
            let mut given_up = Box::pin(queues.turn(id));
            if let std::task::Poll::Ready(turn) = futures_util::poll!(&mut given_up) {
                assert_eq!(inside.load(Ordering::SeqCst), 0);
                drop(turn);
            }
            drop(given_up);
            for task in tasks {
                task.await.unwrap();
            }
            assert!(queues.queues().is_empty());
        };
        shuttle::check_random(move || block_on(run()), 2_000);
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn id(byte: u8) -> SessionId {
        uuid::Uuid::from_bytes([byte; 16]).into()
    }

    #[tokio::test]
    async fn turns_of_one_record_come_one_after_another_and_leave_no_queue() {
        let (queues, inside) = (Arc::new(Queues::default()), Arc::new(AtomicUsize::new(0)));
        let tasks = (0..50).map(|_| {
            let (queues, inside) = (Arc::clone(&queues), Arc::clone(&inside));
            tokio::spawn(async move {
                let turn = queues.turn(id(1)).await;
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                inside.fetch_sub(1, Ordering::SeqCst);
                drop(turn);
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        assert!(queues.queues().is_empty());
    }

    #[tokio::test]
    async fn one_turn_alone_leaves_no_queue_and_one_that_ends_leaves_the_queue_to_those_who_wait() {
        let queues = Queues::default();
        drop(queues.turn(id(1)).await);
        assert!(queues.queues().is_empty());
        let first = queues.turn(id(1)).await;
        let (second, ()) = tokio::join!(queues.turn(id(1)), async { drop(first) });
        let mut third = Box::pin(queues.turn(id(1)));
        assert!(futures_util::poll!(&mut third).is_pending());
        drop(second);
        assert!(futures_util::poll!(&mut third).is_ready());
    }

    #[tokio::test]
    async fn who_is_next_learns_what_the_one_before_has_written_and_nothing_older() {
        use crate::record::{Digest, Timestamp, Version};
        let record = |version| {
            let end = Timestamp::MAX;
            let mut record = SessionRecord::new(Digest::from([0; 32]), end, end);
            record.version = Version::from(version);
            Arc::new(record)
        };
        let queues = Queues::default();
        let mut turn = queues.turn(id(1)).await;
        turn.wrote(&record(2));
        let (next, ()) = tokio::join!(queues.turn(id(1)), async { drop(turn) });
        assert_eq!(next.newer(record(1)), record(2));
        assert_eq!(next.newer(record(3)), record(3));
        // Of the same version it is the one at hand, which a clock that ran meanwhile has touched.
        let touched = record(2);
        assert!(Arc::ptr_eq(&next.newer(Arc::clone(&touched)), &touched));
    }

    #[tokio::test]
    async fn another_record_has_another_queue() {
        let queues = Queues::default();
        let _one = queues.turn(id(1)).await;
        let _two = queues.turn(id(2)).await;
        assert_eq!(queues.queues().len(), 2);
    }

    #[tokio::test]
    async fn who_gives_up_waiting_leaves_no_queue() {
        let queues = Queues::default();
        let turn = queues.turn(id(1)).await;
        let mut waiting = Box::pin(queues.turn(id(1)));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        drop(waiting);
        drop(turn);
        assert!(queues.queues().is_empty());
    }
}

use std::error::Error;
use std::time::Duration as Wait;

use time::Duration;

use super::sessions::Sessions;
use crate::record::saturate;

impl<S> Sessions<S> {
    /// Removes expired sessions from the storage again and again, for storages whose engine does not: those on SQL
    /// databases.
    ///
    /// Waits `interval` each time (at least a millisecond and at most a year), or up to a quarter less or more, so that
    /// the processes of an application take turns. What it removed is an event at debug level; an error is an event at
    /// error level, and ends nothing. It borrows nothing, so that it can be spawned as it is, and runs until it is
    /// dropped, or its task is aborted. There is no need for it to run in more than one process, and no harm.
    ///
    /// ```
    /// use axum_bare_session::{Duration, MemorySessionStorage, Sessions};
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let sessions = Sessions::from(MemorySessionStorage::new());
    /// let clean_up = tokio::spawn(sessions.delete_expired_every(Duration::MINUTE));
    /// // serve, and at the end:
    /// clean_up.abort();
    /// # });
    /// ```
    #[doc(alias = "continuously_delete_expired")]
    pub fn delete_expired_every<D: TryInto<Duration>>(
        &self,
        interval: D,
    ) -> impl Future<Output = ()> + Send + use<S, D> {
        let (sessions, interval) = (self.clone(), saturate(interval));
        async move {
            loop {
                tokio::time::sleep(jittered(interval)).await;
                match sessions.delete_expired().await {
                    Ok(deleted) => {
                        tracing::debug!(sessions.deleted = deleted, "expired sessions removed");
                    }
                    Err(error) => {
                        let source = error.source().map(tracing::field::display);
                        tracing::error!(
                            error = &error as &dyn Error,
                            error.source = source,
                            "expired sessions not removed"
                        );
                    }
                }
            }
        }
    }
}

/// From three quarters of `interval` up to five.
fn jittered(interval: Duration) -> Wait {
    let mut random = [0; 2];
    // Without random bytes all wait for the same time, which does no harm.
    let share = match getrandom::fill(&mut random) {
        Ok(()) => f64::from(u16::from_ne_bytes(random)) / f64::from(u16::MAX),
        Err(_) => 0.5,
    };
    let interval = interval.clamp(Duration::MILLISECOND, Duration::days(365));
    interval.unsigned_abs().mul_f64(0.75 + share / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_varies_by_a_quarter() {
        let waits: Vec<_> = (0..1_000).map(|_| jittered(Duration::MINUTE)).collect();
        let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
        assert!(*least >= Wait::from_secs(45) && *least < Wait::from_secs(50));
        assert!(*most <= Wait::from_secs(75) && *most > Wait::from_secs(70));
    }

    #[test]
    fn any_interval_is_a_wait() {
        for interval in [Duration::MIN, Duration::ZERO, Duration::MAX] {
            let wait = jittered(interval);
            assert!(wait > Wait::ZERO && wait < Wait::from_secs(500 * 86_400));
        }
    }
}

use std::sync::{Arc, Mutex};

use axum_bare_session::{Duration, OffsetDateTime};

/// A clock that moves only by hand.
#[derive(Clone)]
pub(crate) struct Clock(Arc<Mutex<OffsetDateTime>>);

impl Clock {
    /// Stands at 2023-11-14, 22:13:20 UTC.
    pub(crate) fn new() -> Self {
        let start = OffsetDateTime::UNIX_EPOCH + Duration::seconds(1_700_000_000);
        Self(Arc::new(Mutex::new(start)))
    }

    /// Stands at the present, for storages that drop what has expired by a clock of their own.
    pub(crate) fn at_present() -> Self {
        let present = OffsetDateTime::now_utc().truncate_to_microsecond();
        Self(Arc::new(Mutex::new(present)))
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }

    /// For `Sessions::builder(..).clock(..)`.
    pub(crate) fn reader(&self) -> impl Fn() -> OffsetDateTime + Send + Sync + 'static {
        let clock = self.clone();
        move || clock.now()
    }
}

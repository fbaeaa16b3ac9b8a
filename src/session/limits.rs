use time::Duration;

use crate::record::{SessionRecord, Timeouts, Timestamp};

/// What part of the idle limit passes before a session that is only read is touched again.
const TOUCHES_PER_IDLE_TIMEOUT: i32 = 20;

/// What bounds every session of a service.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) timeouts: Timeouts,
    /// How often at most a session that is only read is touched.
    pub(crate) touch_interval: Duration,
    /// How old a secret may get; `None`: as old as its session.
    pub(crate) renewal_interval: Option<Duration>,
    /// The bytes that the keys and values of a session may take.
    pub(crate) max_size: usize,
    /// What every digest covers beside the secret: nothing in the default scope, in another one the cookie's name.
    pub(crate) scope: String,
}

impl Limits {
    /// The limits under `timeouts`, with the defaults for what else there is.
    pub(crate) fn new(timeouts: Timeouts) -> Self {
        Self {
            timeouts,
            touch_interval: timeouts.idle / TOUCHES_PER_IDLE_TIMEOUT,
            renewal_interval: None,
            max_size: 64 * 1024,
            scope: String::new(),
        }
    }

    /// Whether a session that is opened at `now` and not changed is to be touched. One that is remembered for less than the idle
    /// limit is touched more often.
    pub(crate) fn is_touch_due(&self, record: &SessionRecord, now: Timestamp) -> bool {
        let own = record
            .remember()
            .map(|idle| idle / TOUCHES_PER_IDLE_TIMEOUT);
        let interval = own.map_or(self.touch_interval, |own| own.min(self.touch_interval));
        now - record.last_seen >= interval
    }
}

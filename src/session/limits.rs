use std::sync::Arc;

use time::Duration;

use super::error::SessionError;
use crate::record::{Digest, Random, Secret, SessionRecord, Timeouts, Timestamp, Transport};

/// The bytes of the longest key of an owner: what an index of any SQL engine takes.
const MAX_OWNER_KEY: usize = 255;
/// Stands between a scope and an owner: the unit separator of ASCII, which no cookie's name holds.
const SCOPE_END: &str = "\u{1f}";
/// What the digests of bearer secrets cover beside them, after the scope, so that no secret opens a session by another
/// way than its own.
const BEARER: &str = "\u{1f}bearer";

/// For how long a session is there at least after a request has opened it, whatever its limits.
const LONGEST_HANDLER: Duration = Duration::MINUTE;
/// What part of the idle limit passes before a session that is only read is touched again.
const TOUCHES_PER_IDLE_TIMEOUT: i32 = 20;
/// What part of the age that a browser keeps the cookie for passes before it is sent again.
const SENT_PER_COOKIE_AGE: i32 = 10;

/// What every session of a service goes by.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) timeouts: Timeouts,
    /// How often at most a session that is only read is touched.
    pub(crate) touch_interval: Duration,
    /// What a session has left at least while a handler is at work.
    least_rest: Duration,
    /// How long browsers keep the cookie, where that is not for the session's sake.
    pub(crate) cookie_age: Option<Duration>,
    /// How old a secret may get; `None`: as old as its session.
    pub(crate) renewal_interval: Option<Duration>,
    /// The bytes that the keys and values of a session may take.
    pub(crate) max_size: usize,
    /// What every digest covers beside the secret: nothing in the default scope, in another one the cookie's name.
    pub(crate) scope: String,
    /// What bearer tokens begin with; `None`: there are none.
    pub(crate) bearer_prefix: Option<Arc<str>>,
    /// Whether browsers that log in are offered to bind the session to their device.
    pub(crate) binds_devices: bool,
    /// Whether writes are marked, since the storage's answers may be lost.
    pub(crate) marks: bool,
    /// What ids and secrets are made of.
    pub(crate) random: Random,
}

impl Limits {
    /// The limits under `timeouts`, with the defaults for what else there is.
    pub(crate) fn new(timeouts: Timeouts) -> Self {
        Self {
            timeouts,
            touch_interval: timeouts.idle / TOUCHES_PER_IDLE_TIMEOUT,
            least_rest: LONGEST_HANDLER.min(timeouts.idle / 2),
            cookie_age: None,
            renewal_interval: None,
            max_size: 64 * 1024,
            scope: String::new(),
            bearer_prefix: None,
            binds_devices: false,
            marks: false,
            random: Random::default(),
        }
    }

    /// The digest of a secret that travels so.
    pub(crate) fn digest(&self, secret: &Secret, transport: Transport) -> Digest {
        let transport = match transport {
            Transport::Cookie => "",
            Transport::Bearer => BEARER,
        };
        secret.digest(&self.scope, transport)
    }

    /// Whether a record is of a session of this scope.
    pub(crate) fn is_of_scope(&self, record: &SessionRecord) -> bool {
        record.rare().scope.as_deref().unwrap_or_default() == self.scope
    }

    /// How a storage knows an owner: scopes that share one share no owners.
    pub(crate) fn owner_key(&self, owner: &str) -> Arc<str> {
        // In the default one, who has a name that looks like one of another scope's has it with the separator before.
        if self.scope.is_empty() && !owner.contains(SCOPE_END) {
            return owner.into();
        }
        [&self.scope, SCOPE_END, owner].concat().into()
    }

    /// The owner of whom a storage knows by that key.
    pub(crate) fn owner_of(&self, key: &Arc<str>) -> Arc<str> {
        let owner = key.strip_prefix(&*self.scope);
        let owner = owner.and_then(|owner| owner.strip_prefix(SCOPE_END));
        owner.map_or_else(|| Arc::clone(key), Into::into)
    }

    /// The same, of an owner who logs in.
    pub(super) fn checked_owner_key(&self, owner: &str) -> Result<Arc<str>, SessionError> {
        let (key, length) = (self.owner_key(owner), owner.len());
        let max = MAX_OWNER_KEY.saturating_sub(key.len() - length);
        if length == 0 || length > max {
            return Err(SessionError::InvalidOwner { length, max });
        }
        Ok(key)
    }

    /// Whether a session that is opened at `now` may end while the handler is at work.
    pub(crate) fn ends_soon(&self, record: &SessionRecord, now: Timestamp) -> bool {
        record.expires_at - now < self.least_rest
    }

    /// Until when a storage is to keep a session that is opened at `now` and ends soon.
    pub(crate) fn put_off(&self, record: &SessionRecord, now: Timestamp) -> Timestamp {
        record.limit(&self.timeouts, now).max(now + LONGEST_HANDLER)
    }

    /// Whether a session that is opened at `now` and not changed is to be touched. One that is remembered for less than
    /// the idle limit is touched more often, and so is one whose cookie the browser keeps for less.
    pub(crate) fn is_touch_due(&self, record: &SessionRecord, now: Timestamp) -> bool {
        let own = match record.remember() {
            Some(idle) => Some(idle / TOUCHES_PER_IDLE_TIMEOUT),
            None => self.cookie_age.map(|age| age / SENT_PER_COOKIE_AGE),
        };
        let interval = own.map_or(self.touch_interval, |own| own.min(self.touch_interval));
        now - record.last_seen >= interval
    }
}

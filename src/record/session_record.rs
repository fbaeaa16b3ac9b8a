use std::sync::{Arc, LazyLock};

use smallvec::SmallVec;
use time::Duration;

use super::former_secret::FormerSecret;
use super::{Binding, Digest, Stamps, Timeouts, Timestamp, Transport, Values};

/// How far apart two clocks may be, or one may have been set back, without ending a session.
pub(super) const MAX_CLOCK_SKEW: Duration = Duration::hours(2);

/// The number of a record's latest write; a storage compares it, and writes only where it is the expected one.
///
/// ```
/// use axum_bare_session::storage::Version;
///
/// assert_eq!(Version::FIRST.next(), Version::from(2));
/// assert_eq!(u64::from(Version::FIRST), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(u64);

impl Version {
    /// The version of a record that was written once.
    pub const FIRST: Self = Self(1);

    /// The version of the write after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

impl From<u64> for Version {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl From<Version> for u64 {
    fn from(version: Version) -> Self {
        version.0
    }
}

/// All that a storage keeps of a session, under the session's id.
///
/// The stored form is JSON: [`to_json`](Self::to_json) and
/// [`from_json`](Self::from_json); fields that a later version of this crate adds survive a round trip through an older
/// one.
///
/// ```
/// use axum_bare_session::{Duration, OffsetDateTime};
/// use axum_bare_session::storage::{Digest, SessionRecord, Timestamp};
///
/// let now = Timestamp::from(OffsetDateTime::now_utc());
/// let mut record = SessionRecord::new(Digest::from([0; 32]), now, now + Duration::hours(1));
/// record.values.insert("visits", &3)?;
///
/// let stored = record.to_json()?;
/// assert_eq!(SessionRecord::from_json(&stored)?, record);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SessionRecord {
    /// The number of this write. A save makes it the next after the one it read.
    pub version: Version,
    /// The digest of the secret that opens the session. Only a renewal changes it.
    pub digest: Digest,
    /// When the session was created.
    pub created_at: Timestamp,
    /// When the session was last written or touched.
    pub last_seen: Timestamp,
    /// When the session ends, unless it is touched before; exactly then it has ended.
    pub expires_at: Timestamp,
    /// When the owner last logged in.
    pub authenticated_at: Option<Timestamp>,
    /// Whose session this is, in the application's own words, such as `user:42`.
    pub owner: Option<Arc<str>>,
    /// How often the session was renewed because its privileges changed. Behind another number is what only those may
    /// see who know the secret of today.
    pub(crate) renewals: u32,
    /// How often what stood in the session was given up: its values cleared, a log-out, another owner. What was written
    /// before never comes after.
    pub(crate) generation: u32,
    /// The values that handlers set.
    pub values: Values,
    /// `None` where every one of them has its default.
    pub(super) rare: Option<Box<RareFields>>,
}

/// What few sessions have, so that a record in memory is small without it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RareFields {
    pub(crate) remember: Option<Duration>,
    pub(crate) label: Option<Arc<str>>,
    /// What the owner proved themselves by.
    pub(crate) stamps: Stamps,
    /// The secrets that renewals have replaced, the latest last.
    pub(super) former_secrets: Vec<FormerSecret>,
    pub(super) marks: SmallVec<[u32; 4]>,
    /// The scope that the session belongs to; `None`: the default one.
    pub(crate) scope: Option<Arc<str>>,
    pub(crate) transport: Transport,
    pub(crate) binding: Option<Arc<Binding>>,
    /// Fields of a stored form that this version of the crate does not know.
    pub(super) unknown: Values,
}

/// What most sessions have of it.
static NONE: LazyLock<RareFields> = LazyLock::new(RareFields::default);

impl RareFields {
    /// As it stands in a record.
    pub(super) fn boxed(self) -> Option<Box<Self>> {
        (self != *NONE).then(|| Box::new(self))
    }
}

impl SessionRecord {
    /// The first version of a record without values, created and last seen at `now`.
    #[must_use]
    pub fn new(digest: Digest, now: Timestamp, expires_at: Timestamp) -> Self {
        Self {
            version: Version::FIRST,
            digest,
            created_at: now,
            last_seen: now,
            expires_at,
            authenticated_at: None,
            owner: None,
            renewals: 0,
            generation: 0,
            values: Values::default(),
            rare: None,
        }
    }

    /// How long the session may be idle, where the handler chose that by `remember`.
    #[must_use]
    pub fn remember(&self) -> Option<Duration> {
        self.rare().remember
    }

    /// Sets how long the session may be idle, in whole seconds; `None`: as long as any.
    pub fn set_remember(&mut self, remember: Option<Duration>) {
        self.set_rare(|rare| rare.remember = remember);
    }

    /// What the application calls the session in a list, such as the device: `Firefox on Linux`.
    #[must_use]
    pub fn label(&self) -> Option<&Arc<str>> {
        self.rare().label.as_ref()
    }

    /// Sets what the application calls the session in a list.
    pub fn set_label(&mut self, label: Option<Arc<str>>) {
        self.set_rare(|rare| rare.label = label);
    }

    /// How its secret travels.
    pub(crate) fn transport(&self) -> Transport {
        self.rare().transport
    }

    /// How it is bound to a device, or may come to be.
    pub(crate) fn binding(&self) -> Option<&Arc<Binding>> {
        self.rare().binding.as_ref()
    }

    pub(crate) fn rare(&self) -> &RareFields {
        self.rare.as_deref().unwrap_or(&NONE)
    }

    pub(crate) fn set_rare(&mut self, set: impl FnOnce(&mut RareFields)) {
        let mut rare = self.rare().clone();
        set(&mut rare);
        self.rare = rare.boxed();
    }

    /// Whether the session has ended at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }

    /// Makes it the version after `base`, seen at `now`.
    pub(crate) fn advance(&mut self, base: &Self, now: Timestamp) {
        self.version = base.version.next();
        // A clock that runs behind, here or on another machine, takes back nothing.
        self.last_seen = now.max(base.last_seen);
    }

    /// Whether it says the same about the session as `other`, but for values, owner and times.
    pub(crate) fn is_described_as(&self, other: &Self) -> bool {
        self.rare == other.rare
    }

    /// When the session ends under `timeouts`, if it was last seen at `last_seen`.
    pub(crate) fn limit(&self, timeouts: &Timeouts, last_seen: Timestamp) -> Timestamp {
        timeouts.expires_at(self.begun(), last_seen, self.remember())
    }

    /// When the absolute limit began.
    pub(crate) fn begun(&self) -> Timestamp {
        self.authenticated_at.unwrap_or(self.created_at)
    }

    /// Whether the session is alive at `now`, both as it was stored and under the limits of today: an
    /// application that shortens its limits ends the sessions that were stored under longer ones.
    ///
    /// One from the future is not: it was written by a clock that ran ahead, and would outlive its limits.
    pub(crate) fn is_live(&self, timeouts: &Timeouts, now: Timestamp) -> bool {
        let begun = self.begun();
        !self.is_expired(now)
            && now - self.last_seen < self.remember().unwrap_or(timeouts.idle)
            && now - begun < timeouts.absolute
            && self.last_seen.max(begun) - now <= MAX_CLOCK_SKEW
    }
}

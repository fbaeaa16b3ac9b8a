use time::Duration;

use super::Timestamp;

/// The two limits of a session's life, both enforced by the server (ASVS 5.0, 7.3.1 and 7.3.2).
///
/// A session ends at whichever comes first, and exactly at a limit it has ended. Renewal moves neither limit; logging
/// in starts both anew.
///
/// ```
/// use axum_bare_session::{Duration, Timeouts};
///
/// assert_eq!(Timeouts::default().idle, Duration::hours(24));
/// assert_eq!(Timeouts::default().absolute, Duration::days(30));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// The longest time between two requests that open the session. 24 hours by default.
    pub idle: Duration,
    /// The longest time since the session was created or its owner last logged in. 30 days by default.
    pub absolute: Duration,
}

impl Timeouts {
    /// NIST SP 800-63B-4, section 2.1.3: 30 days overall, with no shorter idle limit.
    pub const AAL1: Self = Self {
        idle: Duration::days(30),
        absolute: Duration::days(30),
    };
    /// NIST SP 800-63B-4, section 2.2.3: 1 hour idle, 24 hours overall.
    pub const AAL2: Self = Self {
        idle: Duration::hours(1),
        absolute: Duration::hours(24),
    };
    /// NIST SP 800-63B-4, section 2.3.3: 15 minutes idle, 12 hours overall.
    pub const AAL3: Self = Self {
        idle: Duration::minutes(15),
        absolute: Duration::hours(12),
    };

    /// An idle and an absolute limit. A duration may also be one of the standard library; in a `const`, name the two
    /// fields.
    ///
    /// ```
    /// use axum_bare_session::{Duration, Timeouts};
    ///
    /// let office = Timeouts::new(Duration::minutes(30), std::time::Duration::from_secs(8 * 60 * 60));
    /// assert!(office.idle < Timeouts::AAL2.idle);
    ///
    /// const OFFICE: Timeouts = Timeouts {
    ///     idle: Duration::minutes(30),
    ///     absolute: Duration::hours(8),
    /// };
    /// assert_eq!(office, OFFICE);
    /// ```
    #[must_use]
    pub fn new(idle: impl TryInto<Duration>, absolute: impl TryInto<Duration>) -> Self {
        Self {
            idle: saturate(idle),
            absolute: saturate(absolute),
        }
    }

    /// When a session ends that began at `begun` and was last seen at `last_seen`. `remember` stands in for the idle
    /// limit.
    pub(crate) fn expires_at(
        &self,
        begun: Timestamp,
        last_seen: Timestamp,
        remember: Option<Duration>,
    ) -> Timestamp {
        let [idle, absolute] = self.ends(begun, last_seen, remember);
        idle.min(absolute)
    }

    /// When the idle limit ends such a session, and when the absolute one does.
    pub(crate) fn ends(
        &self,
        begun: Timestamp,
        last_seen: Timestamp,
        remember: Option<Duration>,
    ) -> [Timestamp; 2] {
        let idle = last_seen + remember.unwrap_or(self.idle);
        [idle, begun + self.absolute]
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::new(Duration::hours(24), Duration::days(30))
    }
}

/// A duration of `time` or of the standard library, which holds longer ones: those count as the longest.
pub(crate) fn saturate(duration: impl TryInto<Duration>) -> Duration {
    duration.try_into().unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_micros(0).unwrap();

    #[test]
    fn the_earlier_limit_ends_a_session() {
        let timeouts = Timeouts::AAL2;
        let soon = timeouts.expires_at(START, START, None);
        assert_eq!(soon, START + Duration::hours(1));
        let late = timeouts.expires_at(START, START + Duration::minutes(23 * 60 + 30), None);
        assert_eq!(late, START + Duration::hours(24));
    }

    #[test]
    fn remembering_stands_in_for_the_idle_limit_but_not_for_the_absolute_one() {
        let timeouts = Timeouts::default();
        let remembered = timeouts.expires_at(START, START, Some(Duration::days(7)));
        assert_eq!(remembered, START + Duration::days(7));
        let capped = timeouts.expires_at(START, START, Some(Duration::days(90)));
        assert_eq!(capped, START + Duration::days(30));
    }

    #[test]
    fn limits_beyond_the_calendar_saturate() {
        let timeouts = Timeouts::new(Duration::MAX, Duration::MAX);
        assert_eq!(timeouts.expires_at(START, START, None), Timestamp::MAX);
        let standard = std::time::Duration::MAX;
        assert_eq!(Timeouts::new(standard, standard), timeouts);
    }
}

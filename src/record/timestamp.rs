use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::SystemTime;

use time::{Duration, OffsetDateTime};

use super::DecodeError;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A moment, in whole microseconds since 1970-01-01 UTC: what every storage keeps.
///
/// It lies between the years -9999 and 9999, so that it always is an [`OffsetDateTime`] too, and arithmetic with a
/// [`Duration`] stays there: beyond the calendar it comes to [`MIN`](Self::MIN) or [`MAX`](Self::MAX).
///
/// ```
/// use axum_bare_session::{Duration, OffsetDateTime};
/// use axum_bare_session::storage::Timestamp;
///
/// let start = Timestamp::from(OffsetDateTime::UNIX_EPOCH);
/// let end = start + Duration::HOUR;
/// assert_eq!(end.as_micros(), 3_600_000_000);
/// assert_eq!(end - start, Duration::HOUR);
/// assert_eq!(end + Duration::MAX, Timestamp::MAX);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first microsecond of the year -9999.
    pub const MIN: Self = Self(-377_705_116_800 * MICROS_PER_SECOND);
    /// The last microsecond of the year 9999.
    pub const MAX: Self = Self(253_402_300_800 * MICROS_PER_SECOND - 1);

    /// The moment of that many microseconds since 1970, or `None` beyond the calendar.
    ///
    /// ```
    /// use axum_bare_session::storage::Timestamp;
    ///
    /// assert_eq!(Timestamp::from_micros(-1).map(Timestamp::as_micros), Some(-1));
    /// assert_eq!(Timestamp::from_micros(i64::MAX), None);
    /// ```
    #[must_use]
    pub const fn from_micros(micros: i64) -> Option<Self> {
        if micros < Self::MIN.0 || micros > Self::MAX.0 {
            return None;
        }
        Some(Self(micros))
    }

    /// The time of the machine's clock.
    pub(crate) fn now() -> Self {
        // A fifth of the instructions of `OffsetDateTime::now_utc`, which works out the day of the year.
        let micros = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()),
            Err(before) => i64::try_from(before.duration().as_micros()).map(|micros| -micros),
        };
        Self::clamped(micros.unwrap_or(i64::MAX))
    }

    /// Microseconds since 1970; less than none before.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The moment that a field of a stored record names.
    pub(crate) fn decode(micros: i64, field: &'static str) -> Result<Self, DecodeError> {
        Self::from_micros(micros).ok_or(DecodeError::Malformed { field })
    }

    /// Whether it lies within `span` after `begun`. A clock that was set back prolongs nothing.
    pub(super) fn is_within(self, span: Duration, begun: Self) -> bool {
        (self - begun).abs() < span
    }

    fn clamped(micros: i64) -> Self {
        Self(micros.clamp(Self::MIN.0, Self::MAX.0))
    }
}

/// The fraction of a microsecond is cut off.
impl From<OffsetDateTime> for Timestamp {
    fn from(time: OffsetDateTime) -> Self {
        let micros = time.unix_timestamp().saturating_mul(MICROS_PER_SECOND);
        Self::clamped(micros.saturating_add(time.microsecond().into()))
    }
}

impl From<Timestamp> for OffsetDateTime {
    fn from(timestamp: Timestamp) -> Self {
        Self::UNIX_EPOCH.saturating_add(Duration::microseconds(timestamp.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self::clamped(self.0.saturating_add(micros(duration)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self::clamped(self.0.saturating_sub(micros(duration)))
    }
}

impl Sub for Timestamp {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        // Both lie within the calendar, so the difference is no overflow.
        Duration::microseconds(self.0 - earlier.0)
    }
}

impl AddAssign<Duration> for Timestamp {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl SubAssign<Duration> for Timestamp {
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({})", OffsetDateTime::from(*self))
    }
}

/// The whole microseconds of a duration, saturating.
fn micros(duration: Duration) -> i64 {
    let seconds = duration.whole_seconds().saturating_mul(MICROS_PER_SECOND);
    seconds.saturating_add(duration.subsec_microseconds().into())
}

#[cfg(test)]
mod tests {
    use time::UtcOffset;

    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).unwrap()
    }

    #[test]
    fn a_timestamp_is_the_same_moment_as_the_time_that_it_came_from() {
        for micros in [0, 1, -1, 1_700_000_000_123_456, -62_000_000_000_000_001] {
            let time = OffsetDateTime::from(at(micros));
            assert_eq!(time.unix_timestamp_nanos(), i128::from(micros) * 1_000);
            assert_eq!(Timestamp::from(time), at(micros));
            let elsewhere = time.to_offset(UtcOffset::from_hms(-11, -30, 0).unwrap());
            assert_eq!(Timestamp::from(elsewhere), at(micros));
        }
    }

    #[test]
    fn fractions_of_a_microsecond_are_cut_off_also_before_1970() {
        for micros in [5, -5] {
            let time = OffsetDateTime::from(at(micros)) + Duration::nanoseconds(999);
            assert_eq!(Timestamp::from(time), at(micros));
        }
    }

    #[test]
    fn the_calendar_ends_where_that_of_the_time_crate_does() {
        let (first, last) = (
            OffsetDateTime::from(Timestamp::MIN),
            OffsetDateTime::from(Timestamp::MAX),
        );
        assert_eq!(first.year(), -9999);
        assert_eq!(last.year(), 9999);
        assert_eq!(Timestamp::from(first), Timestamp::MIN);
        assert_eq!(Timestamp::from(last), Timestamp::MAX);
        let (before, after) = (Timestamp::MIN.0 - 1, Timestamp::MAX.0 + 1);
        for end in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(Timestamp::from_micros(end.0), Some(end));
        }
        for outside in [before, after, i64::MIN, i64::MAX] {
            assert_eq!(Timestamp::from_micros(outside), None);
        }
    }

    #[test]
    fn arithmetic_stays_within_the_calendar() {
        assert_eq!(at(0) + Duration::MAX, Timestamp::MAX);
        assert_eq!(at(0) + Duration::MIN, Timestamp::MIN);
        assert_eq!(at(0) - Duration::MAX, Timestamp::MIN);
        assert_eq!(at(0) - Duration::MIN, Timestamp::MAX);
        assert_eq!(Timestamp::MAX + Duration::MICROSECOND, Timestamp::MAX);
        assert!(Timestamp::MAX - Timestamp::MIN > Duration::days(19_999 * 365));
    }

    #[test]
    fn a_duration_is_added_in_whole_microseconds() {
        assert_eq!(at(7) + Duration::nanoseconds(1_999), at(8));
        assert_eq!(at(7) - Duration::nanoseconds(1_999), at(6));
        assert_eq!(at(7) + -Duration::SECOND, at(-999_993));
        assert_eq!(at(3) - at(8), Duration::microseconds(-5));
    }

    #[test]
    fn debug_is_readable() {
        let shown = format!("{:?}", at(1_700_000_000_000_001));
        assert_eq!(shown, "Timestamp(2023-11-14 22:13:20.000001 +00:00:00)");
    }
}

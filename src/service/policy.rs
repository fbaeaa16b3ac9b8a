use std::fmt;

use axum_extra::extract::cookie::SameSite;
use time::Duration;

use super::session_limit::limit::SessionLimit;
use super::suspected_theft::SuspectedTheft;
use crate::record::Timeouts;
use crate::transport::cookie::CookieConfig;

/// The levels of NIST SP 800-63B-4, by name.
const LEVELS: [(&str, Timeouts); 3] = [
    ("AAL1", Timeouts::AAL1),
    ("AAL2", Timeouts::AAL2),
    ("AAL3", Timeouts::AAL3),
];

/// The rules under which sessions live, to be printed and filed (ASVS 5.0, 7.1.1 and 7.1.2).
///
/// Its text has a line for each rule: the limits, the renewals, the sessions of an owner, the cookie; and where they
/// depart from a level of NIST SP 800-63B-4. Where [`timeouts`](crate::SessionsBuilder::timeouts) was given a level,
/// that one is told, else all three.
///
/// ```
/// use axum_bare_session::{Duration, MemorySessionStorage, Sessions, Timeouts};
///
/// let sessions = Sessions::builder(MemorySessionStorage::new())
///     .timeouts(Timeouts::AAL2)
///     .idle_timeout(Duration::hours(2))
///     .build()?;
/// let policy = sessions.policy();
/// println!("{policy}");
/// assert_eq!(policy.departures(Timeouts::AAL2), ["idle timeout 2h, at most 1h"]);
/// # Ok::<(), axum_bare_session::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SessionPolicy {
    pub(crate) timeouts: Timeouts,
    /// What `timeouts` was given, before one of the limits was changed.
    pub(crate) preset: Option<Timeouts>,
    pub(crate) cookie: CookieConfig,
    pub(crate) session_limit: Option<SessionLimit>,
    pub(crate) renewal_interval: Option<Duration>,
    pub(crate) suspected_theft: SuspectedTheft,
    pub(crate) bearer_prefix: Option<String>,
    #[cfg(feature = "device-bound")]
    pub(crate) device_bound: bool,
}

impl SessionPolicy {
    /// All defaults.
    pub(super) fn new() -> Self {
        Self {
            timeouts: Timeouts::default(),
            preset: None,
            cookie: CookieConfig::default(),
            session_limit: None,
            renewal_interval: None,
            suspected_theft: SuspectedTheft::default(),
            bearer_prefix: None,
            #[cfg(feature = "device-bound")]
            device_bound: false,
        }
    }

    /// Where the rules ask less than `level`, such as [`Timeouts::AAL2`] and the cookie that NIST SP 800-63B-4 asks for
    /// at every level.
    #[must_use]
    pub fn departures(&self, level: Timeouts) -> Vec<String> {
        let mut departures = Vec::new();
        for (name, limit, most) in [
            ("idle timeout", self.timeouts.idle, level.idle),
            ("absolute timeout", self.timeouts.absolute, level.absolute),
        ] {
            if limit > most {
                departures.push(format!("{name} {limit}, at most {most}"));
            }
        }
        let cookie = &self.cookie;
        let is_persistent = cookie.max_age.is_some() || cookie.expires.is_some();
        for (departs, what) in [
            (is_persistent, "the cookie outlives the browser"),
            (!cookie.secure, "the cookie without Secure"),
            (!cookie.http_only, "the cookie without HttpOnly"),
            (cookie.same_site == SameSite::None, "SameSite=None"),
            (
                !cookie.name().starts_with("__Host-"),
                "a cookie name without __Host-",
            ),
        ] {
            if departs {
                departures.push(what.to_owned());
            }
        }
        departures
    }

    fn write_renewal(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(interval) = self.renewal_interval else {
            return writeln!(f, "Renewal: at every log-in");
        };
        let consequence = match self.suspected_theft {
            SuspectedTheft::Refuse => "is refused",
            SuspectedTheft::EndSession => "ends the session",
        };
        writeln!(
            f,
            "Renewal: at every log-in, and every {interval}; a former secret after its successor {consequence}"
        )
    }

    fn write_level(&self, f: &mut fmt::Formatter<'_>, name: &str, level: Timeouts) -> fmt::Result {
        let departures = self.departures(level);
        if departures.is_empty() {
            return writeln!(f, "NIST SP 800-63B-4 {name}: met");
        }
        writeln!(
            f,
            "NIST SP 800-63B-4 {name}: departs by {}",
            departures.join("; ")
        )
    }
}

impl fmt::Display for SessionPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Timeouts { idle, absolute } = self.timeouts;
        writeln!(f, "Idle timeout: {idle}")?;
        writeln!(
            f,
            "Absolute timeout: {absolute}, from the creation or the latest log-in"
        )?;
        writeln!(
            f,
            "Remembered sessions: idle as long as the log-in says, absolute timeout as above"
        )?;
        self.write_renewal(f)?;
        match self.session_limit {
            Some(limit) => writeln!(f, "Sessions of one owner: at most {limit}")?,
            None => writeln!(f, "Sessions of one owner: any number")?,
        }
        writeln!(f, "Cookie: {}", self.cookie)?;
        if let Some(prefix) = &self.bearer_prefix {
            let renewal = "renewed at every log-in, and not periodically";
            writeln!(f, "Bearer tokens: {prefix}…; {renewal}")?;
        }
        #[cfg(feature = "device-bound")]
        if self.device_bound {
            let age = crate::record::Binding::cookie_lifetime();
            let refused = "without that proof a bound session is refused";
            writeln!(
                f,
                "Device: bound where the browser can, proven every {age}; {refused}"
            )?;
        }
        let level = LEVELS.iter().find(|(_, level)| Some(*level) == self.preset);
        match level {
            Some((name, level)) => self.write_level(f, name, *level),
            None => LEVELS
                .iter()
                .try_for_each(|(name, level)| self.write_level(f, name, *level)),
        }
    }
}

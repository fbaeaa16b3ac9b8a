use std::fmt;
use std::sync::Arc;

use crate::record::{SessionId, SessionRecord};

/// What becomes of a log-in whose owner has as many sessions as one may have (ASVS 5.0, 7.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AtSessionLimit {
    /// The log-in fails, and the visitor's session stays as it was.
    RefuseLogIn,
    /// The session whose log-in is longest ago ends.
    EndOldest,
    /// The session that was not seen for the longest time ends.
    EndLongestIdle,
}

/// How many sessions an owner may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionLimit {
    pub(crate) max: usize,
    pub(crate) at_limit: AtSessionLimit,
}

/// A session of an owner, as the storage lists it.
pub(crate) type Listed = (SessionId, Arc<SessionRecord>);

impl fmt::Display for SessionLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let consequence = match self.at_limit {
            AtSessionLimit::RefuseLogIn => "another log-in is refused",
            AtSessionLimit::EndOldest => "another log-in ends the oldest",
            AtSessionLimit::EndLongestIdle => "another log-in ends the longest idle one",
        };
        write!(f, "{}; {consequence}", self.max)
    }
}

/// Whether there is room for one more session of an owner.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// There is, once these have ended.
    After(Vec<SessionId>),
    /// There is none, and nobody makes it.
    Refused,
    /// There will be when it is clear what becomes of log-ins that are under way.
    Later,
}

impl SessionLimit {
    /// Whether there is room beside the sessions that are `listed` and the places that are `reserved` for log-ins under
    /// way.
    pub(crate) fn room(self, listed: &[Listed], reserved: usize) -> Room {
        let excess = (listed.len() + reserved + 1).saturating_sub(self.max);
        let mut ends: Vec<_> = listed.iter().collect();
        match self.at_limit {
            _ if excess == 0 => return Room::After(Vec::new()),
            AtSessionLimit::RefuseLogIn => return Room::Refused,
            _ if excess > ends.len() => return Room::Later,
            AtSessionLimit::EndOldest => ends.sort_by_key(|(id, r)| (r.authenticated_at, *id)),
            AtSessionLimit::EndLongestIdle => ends.sort_by_key(|(id, r)| (r.last_seen, *id)),
        }
        Room::After(ends.iter().take(excess).map(|(id, _)| *id).collect())
    }
}

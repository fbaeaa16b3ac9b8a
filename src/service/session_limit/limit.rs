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

impl SessionLimit {
    /// Which of the sessions that are `admitted` end to make room for one more; `None`: the log-in is refused.
    pub(crate) fn to_end(self, admitted: &[Listed], is_entered: bool) -> Option<Vec<SessionId>> {
        let excess = (admitted.len() + 1).saturating_sub(self.max);
        let mut ends: Vec<_> = admitted.iter().collect();
        match self.at_limit {
            AtSessionLimit::RefuseLogIn if is_entered || excess == 0 => return Some(Vec::new()),
            AtSessionLimit::RefuseLogIn => return None,
            AtSessionLimit::EndOldest => ends.sort_by_key(|(id, r)| (r.authenticated_at, *id)),
            AtSessionLimit::EndLongestIdle => ends.sort_by_key(|(id, r)| (r.last_seen, *id)),
        }
        Some(ends.iter().take(excess).map(|(id, _)| *id).collect())
    }
}

use time::Duration;

use super::{Digest, SessionRecord, Timestamp};

/// For how long the secret before a periodic renewal is accepted at most: the response with its successor may be lost on the way.
const LONGEST_OVERLAP: Duration = Duration::MINUTE;
/// After which part of that time whoever still comes with the former secret is taken not to have got the successor, and is given another.
const SENT_AGAIN_AFTER: i32 = 12;

/// A secret that a periodic renewal has replaced.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FormerSecret {
    pub(super) digest: Digest,
    /// Until when it opens the session, unless its successor is used before.
    pub(super) accepted_until: Timestamp,
    /// When its successor was made.
    pub(super) replaced_at: Timestamp,
    /// Whether its successor has opened the session.
    pub(super) successor_used: bool,
}

/// What a secret is to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opens {
    /// It opens the session.
    WithCurrent,
    /// It opens the session, though a periodic renewal has replaced it: its successor may not have reached the browser.
    WithFormer,
    /// A periodic renewal has replaced it, and its successor has been used since.
    NotAnyMore,
    /// It has nothing to do with the session, or has been replaced for good.
    Not,
}

impl FormerSecret {
    /// A clock that was set back prolongs nothing.
    fn is_accepted(&self, now: Timestamp) -> bool {
        let left = self.accepted_until - now;
        left.is_positive() && left <= 2 * LONGEST_OVERLAP
    }
}

impl SessionRecord {
    /// What the secret of this digest is to the session at `now`.
    pub(crate) fn opened_by(&self, digest: &Digest, now: Timestamp) -> Opens {
        if self.digest == *digest {
            return Opens::WithCurrent;
        }
        match self.former_secret() {
            Some(former) if former.digest != *digest => Opens::Not,
            Some(former) if former.successor_used => Opens::NotAnyMore,
            Some(former) if former.is_accepted(now) => Opens::WithFormer,
            _ => Opens::Not,
        }
    }

    /// Gives the session a new secret because its privileges change: the former one opens nothing from then on.
    pub(crate) fn renew(&mut self, digest: Digest) {
        self.digest = digest;
        self.renewals = self.renewals.wrapping_add(1);
        if self.former_secret().is_some() {
            self.set_former_secret(None);
        }
    }

    /// Gives the session a new secret every `interval`: the former one is accepted for a while.
    pub(crate) fn renew_periodically(
        &mut self,
        digest: Digest,
        now: Timestamp,
        interval: Duration,
    ) {
        let overlap = interval.min(LONGEST_OVERLAP);
        // A successor that nobody has used is replaced, and not followed.
        let unused = self.former_secret().filter(|former| !former.successor_used);
        let (former, accepted_until) = match unused {
            Some(former) if former.is_accepted(now) => (former.digest, former.accepted_until),
            _ => (self.digest, now + overlap),
        };
        self.digest = digest;
        self.set_former_secret(Some(FormerSecret {
            digest: former,
            accepted_until,
            replaced_at: now,
            successor_used: false,
        }));
    }

    /// Notes that the secret of the latest periodic renewal has reached the browser.
    pub(crate) fn successor_used(&mut self) {
        if let Some(former) = self.former_secret().cloned() {
            self.set_former_secret(Some(FormerSecret {
                successor_used: true,
                ..former
            }));
        }
    }

    /// Whether it is not yet known that the secret of the latest periodic renewal has reached the browser.
    pub(crate) fn awaits_successor(&self) -> bool {
        self.former_secret()
            .is_some_and(|former| !former.successor_used)
    }

    /// Whether the secret was made `interval` ago or earlier.
    pub(crate) fn is_renewal_due(&self, now: Timestamp, interval: Duration) -> bool {
        let replaced_at = self.former_secret().map(|former| former.replaced_at);
        let begun = self.authenticated_at.unwrap_or(self.created_at);
        now - replaced_at.map_or(begun, |at| at.max(begun)) >= interval
    }

    /// Whether the successor of the former secret is to be taken for lost.
    pub(crate) fn is_successor_lost(&self, now: Timestamp, interval: Duration) -> bool {
        let patience = interval.min(LONGEST_OVERLAP) / SENT_AGAIN_AFTER;
        let former = self.former_secret();
        former.is_some_and(|former| now - former.replaced_at >= patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::minutes(15);

    fn digest(byte: u8) -> Digest {
        Digest::from([byte; 32])
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000).unwrap()
    }

    fn record() -> SessionRecord {
        SessionRecord::new(digest(1), at(0), at(100_000))
    }

    #[test]
    fn a_former_secret_opens_for_a_minute_or_until_its_successor_is_used() {
        let mut record = record();
        record.renew_periodically(digest(2), at(1_000), INTERVAL);
        assert_eq!(record.opened_by(&digest(2), at(1_000)), Opens::WithCurrent);
        assert_eq!(record.opened_by(&digest(1), at(1_059)), Opens::WithFormer);
        assert_eq!(record.opened_by(&digest(1), at(1_060)), Opens::Not);
        assert_eq!(record.opened_by(&digest(3), at(1_000)), Opens::Not);
        record.successor_used();
        assert_eq!(record.opened_by(&digest(1), at(1_001)), Opens::NotAnyMore);
        assert_eq!(record.opened_by(&digest(2), at(9_999)), Opens::WithCurrent);
    }

    #[test]
    fn a_clock_that_jumps_back_an_hour_makes_no_former_secret_last_longer() {
        let mut record = record();
        record.renew_periodically(digest(2), at(10_000), INTERVAL);
        assert_eq!(record.opened_by(&digest(1), at(9_970)), Opens::WithFormer);
        assert_eq!(record.opened_by(&digest(1), at(6_400)), Opens::Not);
        assert_eq!(record.opened_by(&digest(2), at(6_400)), Opens::WithCurrent);
    }

    #[test]
    fn a_renewal_on_request_ends_every_former_secret() {
        let mut record = record();
        record.renew_periodically(digest(2), at(1_000), INTERVAL);
        record.renew(digest(3));
        for former in [1, 2] {
            assert_eq!(record.opened_by(&digest(former), at(1_000)), Opens::Not);
        }
        assert_eq!(record.renewals, 1);
    }

    #[test]
    fn a_successor_that_was_lost_is_replaced_within_the_same_minute() {
        let mut record = record();
        record.renew_periodically(digest(2), at(1_000), INTERVAL);
        assert!(!record.is_successor_lost(at(1_004), INTERVAL));
        assert!(record.is_successor_lost(at(1_005), INTERVAL));
        record.renew_periodically(digest(3), at(1_005), INTERVAL);
        assert_eq!(record.opened_by(&digest(2), at(1_005)), Opens::Not);
        assert_eq!(record.opened_by(&digest(1), at(1_059)), Opens::WithFormer);
        assert_eq!(record.opened_by(&digest(1), at(1_060)), Opens::Not);
    }

    #[test]
    fn a_renewal_is_due_an_interval_after_the_secret_was_made() {
        let mut record = record();
        assert!(!record.is_renewal_due(at(899), INTERVAL));
        assert!(record.is_renewal_due(at(900), INTERVAL));
        record.authenticated_at = Some(at(500));
        assert!(!record.is_renewal_due(at(1_399), INTERVAL));
        record.renew_periodically(digest(2), at(1_400), INTERVAL);
        assert!(!record.is_renewal_due(at(2_299), INTERVAL));
        assert!(record.is_renewal_due(at(2_300), INTERVAL));
        record.authenticated_at = Some(at(2_300));
        assert!(!record.is_renewal_due(at(3_199), INTERVAL));
    }

    #[test]
    fn a_short_interval_has_a_shorter_overlap() {
        let mut record = record();
        record.renew_periodically(digest(2), at(10), Duration::seconds(10));
        assert_eq!(record.opened_by(&digest(1), at(19)), Opens::WithFormer);
        assert_eq!(record.opened_by(&digest(1), at(20)), Opens::Not);
    }

    #[test]
    fn renewals_survive_the_stored_form() {
        let mut record = record();
        record.renew(digest(2));
        record.renew_periodically(digest(3), at(1_000), INTERVAL);
        for _ in 0..2 {
            let json = record.to_json().unwrap();
            assert_eq!(SessionRecord::from_json(&json).unwrap(), record);
            record.successor_used();
        }
    }
}

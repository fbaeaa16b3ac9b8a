use time::Duration;

use super::former_secret::{FormerSecret, Opens, Successor};
use super::{Digest, Nonce, SessionRecord, Timestamp};

/// How many former secrets are kept: more are replaced within a minute only by whoever does nothing else.
const MAX_FORMER: usize = 4;
/// For how long at most a former secret is accepted after its successor was first used.
pub(super) const LONGEST_GRACE: Duration = Duration::MINUTE;

/// For how long a former secret is accepted after its successor was first used, where secrets are renewed every
/// `interval`.
pub(crate) fn grace(interval: Option<Duration>) -> Duration {
    interval.map_or(LONGEST_GRACE, |interval| interval.min(LONGEST_GRACE))
}

impl SessionRecord {
    /// What the secret of this digest is to the session at `now`.
    pub(crate) fn opened_by(&self, digest: &Digest, now: Timestamp, grace: Duration) -> Opens {
        if self.digest == *digest {
            return Opens::WithCurrent;
        }
        let mut former = self.rare().former_secrets.iter().rev();
        let former = former.find(|former| former.digest == *digest);
        former.map_or(Opens::Not, |former| former.opens(now, grace))
    }

    /// Gives the session a secret that was drawn afresh, because its privileges change: no former one opens anything
    /// from then on.
    pub(crate) fn renew(&mut self, digest: Digest, now: Timestamp, grace: Duration) {
        let mut former = Vec::with_capacity(1);
        for earlier in &self.rare().former_secrets {
            match earlier.opens(now, grace) {
                Opens::Superseded => former.push(earlier.clone()),
                Opens::WithFormer(_) | Opens::OnItsWay => former.push(FormerSecret {
                    replaced_at: now,
                    successor: Successor::Drawn,
                    ..earlier.clone()
                }),
                Opens::WithCurrent | Opens::Stolen | Opens::Not => {}
            }
        }
        self.replace(digest, former, now, Successor::Drawn);
        self.renewals = self.renewals.wrapping_add(1);
    }

    /// Gives the session the secret that was derived from its present one with `nonce`: that stays accepted until the
    /// new one was used.
    pub(crate) fn renew_periodically(&mut self, digest: Digest, nonce: Nonce, now: Timestamp) {
        let superseded = |former: &&FormerSecret| former.successor == Successor::Drawn;
        let former = self.rare().former_secrets.iter().filter(superseded);
        let former = former.cloned().collect();
        let successor = Successor::Derived {
            nonce,
            used_at: None,
        };
        self.replace(digest, former, now, successor);
    }

    fn replace(
        &mut self,
        digest: Digest,
        mut former: Vec<FormerSecret>,
        now: Timestamp,
        successor: Successor,
    ) {
        former.push(FormerSecret::new(self.digest, now, successor));
        let excess = former.len().saturating_sub(MAX_FORMER);
        former.drain(..excess);
        self.set_rare(|rare| rare.former_secrets = former);
        self.digest = digest;
    }

    /// Notes that a request has come with the secret of the latest periodic renewal.
    pub(crate) fn successor_used(&mut self, now: Timestamp) {
        self.set_rare(|rare| {
            for former in &mut rare.former_secrets {
                if let Successor::Derived { used_at, .. } = &mut former.successor {
                    used_at.get_or_insert(now);
                }
            }
        });
    }

    /// Whether no request has come yet with the secret of the latest periodic renewal.
    pub(crate) fn awaits_successor(&self) -> bool {
        let unused = |former: &FormerSecret| {
            matches!(former.successor, Successor::Derived { used_at: None, .. })
        };
        self.rare().former_secrets.iter().any(unused)
    }

    /// Whether the secret was made `interval` ago or earlier, and nobody can come with its predecessor any more: a
    /// response that was slow would otherwise put that back into the browser, behind two successors.
    pub(crate) fn is_renewal_due(&self, now: Timestamp, interval: Duration) -> bool {
        let replaced = self.rare().former_secrets.last();
        let is_at_rest = replaced.is_none_or(|former| match former.successor {
            Successor::Derived { used_at, .. } => {
                used_at.is_some_and(|at| now - at >= grace(Some(interval)))
            }
            Successor::Drawn => true,
        });
        is_at_rest && now - self.secret_made_at() >= interval
    }

    /// When the session got its present secret, as far as the record still knows. Not before its owner's log-in, nor
    /// its creation; a log-in may be older than both, where its owner proved elsewhere who they are.
    pub(crate) fn secret_made_at(&self) -> Timestamp {
        let begun = self.authenticated_at.unwrap_or(self.created_at);
        let begun = begun.max(self.created_at);
        let replaced = self.rare().former_secrets.last();
        replaced.map_or(begun, |former| former.replaced_at.max(begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::minutes(15);
    const GRACE: Duration = LONGEST_GRACE;
    const NONCE: Nonce = Nonce([7; 16]);

    fn digest(byte: u8) -> Digest {
        Digest::from([byte; 32])
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000).unwrap()
    }

    fn record() -> SessionRecord {
        SessionRecord::new(digest(1), at(0), at(100_000))
    }

    fn opens(record: &SessionRecord, byte: u8, seconds: i64) -> Opens {
        record.opened_by(&digest(byte), at(seconds), GRACE)
    }

    #[test]
    fn a_periodic_renewal_forgets_who_was_replaced_periodically_and_not_who_was_on_request() {
        let mut record = record();
        record.renew(digest(2), at(0), GRACE);
        record.renew_periodically(digest(3), NONCE, at(1));
        assert_eq!(opens(&record, 1, 2), Opens::Superseded);
        assert_eq!(opens(&record, 2, 2), Opens::WithFormer(NONCE));
        record.renew_periodically(digest(4), NONCE, at(3));
        assert_eq!(opens(&record, 1, 4), Opens::Superseded);
        assert_eq!(opens(&record, 2, 4), Opens::Not);
    }

    #[test]
    fn a_former_secret_opens_until_its_successor_was_used_and_for_a_minute_after_that() {
        let mut record = record();
        record.renew_periodically(digest(2), NONCE, at(1_000));
        assert_eq!(opens(&record, 1, 90_000), Opens::WithFormer(NONCE));
        assert_eq!(opens(&record, 2, 1_000), Opens::WithCurrent);
        assert_eq!(opens(&record, 3, 1_000), Opens::Not);
        record.successor_used(at(2_000));
        record.successor_used(at(2_050));
        assert_eq!(opens(&record, 1, 2_059), Opens::OnItsWay);
        assert_eq!(opens(&record, 1, 2_060), Opens::Stolen);
        assert_eq!(opens(&record, 2, 90_000), Opens::WithCurrent);
    }

    #[test]
    fn a_clock_that_jumps_back_an_hour_makes_no_former_secret_last_longer() {
        let mut record = record();
        record.renew_periodically(digest(2), NONCE, at(10_000));
        record.successor_used(at(10_000));
        assert_eq!(opens(&record, 1, 9_970), Opens::OnItsWay);
        assert_eq!(opens(&record, 1, 6_400), Opens::Stolen);
        record.renew(digest(3), at(10_000), GRACE);
        assert_eq!(opens(&record, 2, 9_970), Opens::Superseded);
        assert_eq!(opens(&record, 2, 6_400), Opens::Not);
    }

    #[test]
    fn a_change_of_privileges_leaves_former_secrets_known_for_a_minute_and_opens_with_none() {
        let mut record = record();
        record.renew_periodically(digest(2), NONCE, at(1_000));
        record.renew(digest(3), at(1_000), GRACE);
        record.renew(digest(4), at(1_030), GRACE);
        for former in [1, 2, 3] {
            assert_eq!(opens(&record, former, 1_059), Opens::Superseded);
        }
        for former in [1, 2] {
            assert_eq!(opens(&record, former, 1_060), Opens::Not);
        }
        assert_eq!(opens(&record, 3, 1_089), Opens::Superseded);
        assert_eq!(opens(&record, 3, 1_090), Opens::Not);
        assert_eq!(record.renewals, 2);
    }

    /// From then on, and not from the periodic renewal on, a minute passes.
    #[test]
    fn a_former_secret_that_a_change_of_privileges_outdates_is_known_for_a_minute_from_that_on() {
        let mut record = record();
        record.renew_periodically(digest(2), NONCE, at(1_000));
        record.renew(digest(3), at(5_000), GRACE);
        assert_eq!(opens(&record, 1, 5_059), Opens::Superseded);
        assert_eq!(opens(&record, 1, 5_060), Opens::Not);
    }

    #[test]
    fn of_many_former_secrets_the_latest_are_kept() {
        let mut record = record();
        for byte in 2..=7 {
            record.renew(digest(byte), at(1_000), GRACE);
        }
        let known = (1..=6).filter(|byte| opens(&record, *byte, 1_000) == Opens::Superseded);
        assert_eq!(known.collect::<Vec<_>>(), [3, 4, 5, 6]);
    }

    #[test]
    fn a_renewal_is_due_an_interval_after_the_secret_was_made() {
        let mut record = record();
        assert!(!record.is_renewal_due(at(899), INTERVAL));
        assert!(record.is_renewal_due(at(900), INTERVAL));
        record.authenticated_at = Some(at(500));
        assert!(!record.is_renewal_due(at(1_399), INTERVAL));
        record.renew_periodically(digest(2), NONCE, at(2_000));
        record.successor_used(at(2_001));
        assert!(!record.is_renewal_due(at(2_899), INTERVAL));
        assert!(record.is_renewal_due(at(2_900), INTERVAL));
    }

    #[test]
    fn no_renewal_is_due_while_somebody_may_come_with_the_predecessor() {
        let mut record = record();
        record.renew_periodically(digest(2), NONCE, at(1_000));
        assert!(!record.is_renewal_due(at(5_000), INTERVAL));
        record.successor_used(at(5_000));
        assert!(!record.is_renewal_due(at(5_059), INTERVAL));
        assert!(record.is_renewal_due(at(5_060), INTERVAL));
    }

    #[test]
    fn the_grace_time_is_the_interval_where_that_is_short() {
        assert_eq!(grace(Some(Duration::seconds(5))), Duration::seconds(5));
        assert_eq!(grace(Some(INTERVAL)), Duration::MINUTE);
    }
}

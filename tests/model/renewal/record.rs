//! The secrets of a session that renews them by the clock, and what a request's secret is judged to be.

use super::Renewal;
use crate::mechanisms::Mechanisms;

/// For how long a former secret opens after its successor's first use.
pub const GRACE: u8 = 2;

/// The place of a secret in the chain in which each is derived from the one before.
pub type Secret = u8;

/// A secret that was derived with a nonce that was never stored.
pub const ASTRAY: Secret = 99;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Former {
    pub secret: Secret,
    /// When its successor was first used, as far as that is stored.
    pub used_at: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Record {
    /// The current secret, as a digest.
    pub digest: Secret,
    pub renewed_at: u8,
    /// A few former secrets, the last one last.
    pub formers: Vec<Former>,
}

/// What a secret is to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Judged {
    Current,
    /// Its successor was never used: it opens, and is sent the same successor again.
    Unreplaced,
    /// Its successor was used just now: it opens, for requests that were on their way.
    InGrace,
    Stolen,
    Unknown,
}

/// What a request has to save when it has opened the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Nothing; this secret may be sent.
    Nothing(Option<Secret>),
    Save(Record, Option<Secret>),
}

impl Record {
    pub fn judge(&self, secret: Secret, now: u8, mechanisms: &Mechanisms) -> Judged {
        if secret == self.digest {
            return Judged::Current;
        }
        match self.formers.iter().find(|former| former.secret == secret) {
            None => Judged::Unknown,
            Some(Former { used_at: None, .. }) if mechanisms.unreplaced_opens => Judged::Unreplaced,
            Some(Former { used_at: None, .. }) => Judged::Unknown,
            Some(Former {
                used_at: Some(at), ..
            }) if now < at + GRACE && mechanisms.grace => Judged::InGrace,
            Some(_) => Judged::Stolen,
        }
    }

    /// What a request that brings `secret` has to do, over the record as it knows it.
    pub fn plan(&self, secret: Secret, now: u8, model: &Renewal) -> Plan {
        let Renewal {
            mechanisms,
            interval,
            ..
        } = model;
        match self.judge(secret, now, mechanisms) {
            Judged::Current if self.is_due(now, *interval, mechanisms) => {
                let next = secret + 1;
                Plan::Save(self.renewed(now), Some(next))
            }
            Judged::Current if self.has_unused() && mechanisms.use_mark => {
                Plan::Save(self.used(now), None)
            }
            Judged::Unreplaced => Plan::Nothing(Some(secret + 1)),
            _ => Plan::Nothing(None),
        }
    }

    fn has_unused(&self) -> bool {
        self.formers
            .last()
            .is_some_and(|former| former.used_at.is_none())
    }

    /// Whether it is time for another secret.
    fn is_due(&self, now: u8, interval: u8, mechanisms: &Mechanisms) -> bool {
        let used_at = self.formers.last().map(|former| former.used_at);
        let rested = match used_at {
            None => true,
            Some(used_at) => used_at.is_some_and(|at| now >= at + GRACE),
        };
        now >= self.renewed_at + interval && (rested || !mechanisms.rests_after_use)
    }

    /// Takes down that the current secret is used.
    fn used(&self, now: u8) -> Self {
        let mut record = self.clone();
        if let Some(former) = record.formers.last_mut() {
            former.used_at.get_or_insert(now);
        }
        record
    }

    fn renewed(&self, now: u8) -> Self {
        let mut record = self.used(now);
        record.formers.push(Former {
            secret: self.digest,
            used_at: None,
        });
        if record.formers.len() > 2 {
            record.formers.remove(0);
        }
        record.digest += 1;
        record.renewed_at = now;
        record
    }
}

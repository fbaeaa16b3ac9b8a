use std::hash::{BuildHasher, RandomState};

use time::Duration;

use super::{SessionRecord, Timestamp};

/// How many of the latest writes are known by their marks.
const MAX_MARKS: usize = 16;
/// For how long after one write the next one still knows it: longer than any answer is waited for.
const KNOWN_FOR: Duration = Duration::MINUTE;

/// Whether a write whose answer was lost has been made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Yes,
    No,
    /// More writes have come since than are known by their marks.
    Unknown,
}

/// The marks of a record's latest writes, one for each version, the latest last.
///
/// A write whose answer was lost is recognized by its mark, so that it is neither made twice nor given up although it
/// was made.
impl SessionRecord {
    /// Marks this version of the record, which follows one that was last seen at `before`. A mark is no secret, and no
    /// other write has it.
    pub(crate) fn mark(&mut self, before: Timestamp) {
        let [a, b, c, d, ..] = RandomState::new().hash_one(()).to_le_bytes();
        self.push_mark(u32::from_le_bytes([a, b, c, d]), before);
    }

    fn push_mark(&mut self, mark: u32, before: Timestamp) {
        let known = if self.last_seen - before < KNOWN_FOR {
            &self.rare().marks[..]
        } else {
            &[]
        };
        let excess = (known.len() + 1).saturating_sub(MAX_MARKS);
        let marks = known[excess..].iter().copied().chain([mark]);
        let marks = marks.collect();
        self.set_rare(|rare| rare.marks = marks);
    }

    /// Whether this record, as it is stored now, follows from the write of `written`, or is it.
    pub(crate) fn follows(&self, written: &Self) -> Written {
        let (now, then) = (u64::from(self.version), u64::from(written.version));
        let (Some(since), Some(mark)) = (now.checked_sub(then), written.rare().marks.last()) else {
            return Written::No;
        };
        let since = usize::try_from(since).unwrap_or(usize::MAX);
        match self.rare().marks.iter().rev().nth(since) {
            Some(found) if found == mark => Written::Yes,
            Some(_) => Written::No,
            None => Written::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Digest;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000).unwrap()
    }

    /// The versions of a record that was written at these times.
    fn written(times: &[i64]) -> Vec<SessionRecord> {
        let mut record = SessionRecord::new(Digest::from([0; 32]), at(times[0]), at(1_000));
        record.mark(at(times[0]));
        let mut versions = vec![record];
        for time in &times[1..] {
            let latest = versions.last().unwrap();
            let mut next = latest.clone();
            next.advance(latest, at(*time));
            next.mark(latest.last_seen);
            versions.push(next);
        }
        versions
    }

    #[test]
    fn a_write_is_known_by_its_version_and_its_mark() {
        let (ours, theirs) = (written(&[0, 1, 2]), written(&[0, 1, 2]));
        assert_eq!(ours[2].follows(&ours[1]), Written::Yes);
        assert_eq!(ours[2].follows(&ours[2]), Written::Yes);
        assert_eq!(ours[2].follows(&theirs[1]), Written::No);
        assert_eq!(ours[1].follows(&ours[2]), Written::No);
    }

    #[test]
    fn beyond_the_latest_sixteen_nothing_is_known() {
        let versions = written(&[0; 17]);
        assert_eq!(versions[16].follows(&versions[0]), Written::Unknown);
        assert_eq!(versions[16].follows(&versions[1]), Written::Yes);
    }

    #[test]
    fn a_session_at_rest_keeps_one_mark() {
        let versions = written(&[0, 1, 62]);
        assert_eq!(versions[2].rare().marks.len(), 1);
        assert_eq!(versions[2].follows(&versions[1]), Written::Unknown);
    }
}

use std::sync::Arc;

use crate::record::{DecodeError, SessionRecord, Timestamp, Version};
use crate::storage::placeholder::placeholder;

/// What a key of ours begins with, and the number of this layout.
const MARK: [u8; 3] = *b"abs";
const LAYOUT: u8 = 1;

/// The bytes before the owner: mark and layout (4), version (8), last seen (8), end (8), last hour in the owner's set
/// (4; 0: there is no owner), stamp there (4), and the owner's length (4). Then comes the owner, and then the JSON. All
/// numbers are big-endian. Every layout begins so, so that what is written here is known of the records of a newer
/// version too.
const HEAD: usize = 40;

/// How long the server keeps a record that has ended, in microseconds. No request takes so long.
const GRACE: i64 = 5 * 60 * 1_000_000;
/// For how many hours beyond its end a session stays in its owner's set. A touch within them need not tell the set.
const SLACK: i64 = 30 * 24;
/// The set's scores have room for so many hours since 1970: until the year 2209.
const LAST_HOUR: i64 = (1 << 21) - 1;

/// The beginning of a value at `version`, which scripts compare.
pub(super) fn expected(version: Version) -> [u8; 12] {
    let mut bytes = [0; 12];
    bytes[..3].copy_from_slice(&MARK);
    bytes[3] = LAYOUT;
    bytes[4..].copy_from_slice(&u64::from(version).to_be_bytes());
    bytes
}

/// Two times as they are stored, in microseconds.
pub(super) fn times(last_seen: Timestamp, expires_at: Timestamp) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&last_seen.as_micros().to_be_bytes());
    bytes[8..].copy_from_slice(&expires_at.as_micros().to_be_bytes());
    bytes
}

/// All before the stamp.
pub(super) fn head(record: &SessionRecord, last_hour: u32) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..12].copy_from_slice(&expected(record.version));
    bytes[12..28].copy_from_slice(&times(record.last_seen, record.expires_at));
    bytes[28..].copy_from_slice(&last_hour.to_be_bytes());
    bytes
}

/// The owner behind its length. Without an owner, that is 0.
pub(super) fn owner(owner: Option<&str>) -> Vec<u8> {
    let owner = owner.unwrap_or_default().as_bytes();
    // Who has more than 4 GiB for one owner has no room for them in Redis.
    let length = u32::try_from(owner.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), owner].concat()
}

/// The value of a record without an owner.
pub(super) fn without_owner(head: &[u8; 32], json: &[u8]) -> Vec<u8> {
    [&head[..], &[0; 4], &[0; 4], json].concat()
}

/// The parts of a value.
struct Parts<'v> {
    head: &'v [u8],
    owner: Option<&'v [u8]>,
    json: &'v [u8],
}

/// Takes apart a value of this layout or a newer one.
fn split(value: &[u8]) -> Option<Parts<'_>> {
    let (head, rest) = value.split_at_checked(HEAD)?;
    let length = u32::from_be_bytes(number(head, 36));
    let (owner, json) = rest.split_at_checked(length.try_into().ok()?)?;
    let is_owned = number(head, 28) != [0; 4];
    let owner = is_owned.then_some(owner);
    Some(Parts { head, owner, json })
}

/// What is known of a record without its JSON, such as one of a newer version: whose it is, and its times.
pub(super) fn outside(value: &[u8]) -> Option<Arc<SessionRecord>> {
    let Parts { head, owner, .. } = split(value)?;
    let owner = str::from_utf8(owner?).ok()?;
    let (last_seen, expires_at) = times_of(head).ok()?;
    Some(Arc::new(placeholder(owner, last_seen, expires_at)))
}

/// The record that a value holds. The head has the times that a touch moved.
pub(super) fn decode(value: &[u8]) -> Result<Arc<SessionRecord>, DecodeError> {
    let malformed = DecodeError::Malformed { field: "head" };
    match value {
        [a, b, c, layout, ..] if [*a, *b, *c] == MARK && *layout > LAYOUT => {
            let format = u32::from(*layout);
            return Err(DecodeError::NewerFormat { format });
        }
        [a, b, c, LAYOUT, ..] if [*a, *b, *c] == MARK => {}
        _ => return Err(malformed),
    }
    let Parts { head, json, .. } = split(value).ok_or(malformed)?;
    let mut record = SessionRecord::from_json(json)?;
    record.version = Version::from(u64::from_be_bytes(number(head, 4)));
    (record.last_seen, record.expires_at) = times_of(head)?;
    Ok(Arc::new(record))
}

fn times_of(head: &[u8]) -> Result<(Timestamp, Timestamp), DecodeError> {
    Ok((time(head, 12, "last_seen")?, time(head, 20, "expires_at")?))
}

/// What a script tells of a record that it removed: the part of the head from the end to the stamp.
pub(super) struct Removed {
    pub(super) expires_at: i64,
    pub(super) stamp: [u8; 4],
}

impl Removed {
    /// `None`: it was no record.
    pub(super) fn read(part: &[u8]) -> Option<Self> {
        (part.len() == 16).then(|| Self {
            expires_at: i64::from_be_bytes(number(part, 0)),
            stamp: number(part, 12),
        })
    }

    pub(super) fn was_alive(&self, now: Timestamp) -> bool {
        self.expires_at > now.as_micros()
    }
}

fn time(head: &[u8], at: usize, field: &'static str) -> Result<Timestamp, DecodeError> {
    Timestamp::decode(i64::from_be_bytes(number(head, at)), field)
}

fn number<const N: usize>(head: &[u8], at: usize) -> [u8; N] {
    std::array::from_fn(|index| head[at + index])
}

/// When the server drops a record, within the millisecond: some minutes after its end, so that a request that came in
/// time can still save it. What has ended before 1970 is dropped in 1970.
pub(super) fn dropped_at(expires_at: Timestamp) -> i64 {
    let micros = expires_at.as_micros().saturating_add(GRACE);
    micros.div_euclid(1_000).max(1)
}

/// The hour of a session's end, which its owner's set must reach.
pub(super) fn hour(expires_at: Timestamp) -> u32 {
    bounded(hours(expires_at) + 1)
}

/// The hour until which a session that ends at `expires_at` stays in its owner's set.
pub(super) fn last_hour(expires_at: Timestamp) -> u32 {
    bounded(hours(expires_at) + 1 + SLACK)
}

/// Whole hours since 1970.
fn hours(time: Timestamp) -> i64 {
    time.as_micros() / (3_600 * 1_000_000)
}

fn bounded(hour: i64) -> u32 {
    u32::try_from(hour.clamp(1, LAST_HOUR)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use time::{Duration, OffsetDateTime};

    use super::*;
    use crate::record::Digest;

    fn epoch() -> Timestamp {
        OffsetDateTime::UNIX_EPOCH.into()
    }

    fn record() -> SessionRecord {
        let start = epoch() + Duration::days(20_000);
        SessionRecord::new(Digest::from([1; 32]), start, start + Duration::HOUR)
    }

    fn value(record: &SessionRecord) -> Vec<u8> {
        let json = record.to_json().unwrap();
        let owner = owner(record.owner.as_deref());
        [&head(record, 7)[..], &[0; 4], &owner, &json].concat()
    }

    #[test]
    fn the_head_decides_on_version_and_times() {
        let mut record = record();
        let mut stored = value(&record);
        record.version = Version::from(9);
        record.last_seen += Duration::MICROSECOND;
        record.expires_at -= Duration::MINUTE;
        stored[..32].copy_from_slice(&head(&record, 7));
        assert_eq!(*decode(&stored).unwrap(), record);
    }

    #[test]
    fn of_a_newer_layout_the_owner_and_the_times_are_known_and_nothing_else() {
        let mut record = record();
        record.owner = Some("ann".into());
        let mut stored = value(&record);
        stored[3] = 9;
        stored.truncate(HEAD + 3);
        stored.push(0xff);
        let known = outside(&stored).unwrap();
        let expected = placeholder("ann", record.last_seen, record.expires_at);
        assert_eq!(*known, expected);
        for length in 0..HEAD + 3 {
            assert_eq!(outside(&stored[..length]), None, "{length}");
        }
    }

    #[test]
    fn a_value_that_is_cut_anywhere_is_malformed() {
        let stored = value(&record());
        for length in 0..stored.len() {
            let decoded = decode(&stored[..length]);
            assert!(
                matches!(decoded, Err(DecodeError::Malformed { .. })),
                "{length}: {decoded:?}"
            );
        }
    }

    #[test]
    fn a_newer_layout_is_told_from_another_programs_value() {
        let mut stored = value(&record());
        stored[3] = 2;
        assert_eq!(
            decode(&stored).unwrap_err(),
            DecodeError::NewerFormat { format: 2 }
        );
        stored[0] = b'x';
        assert_eq!(
            decode(&stored).unwrap_err(),
            DecodeError::Malformed { field: "head" }
        );
    }

    #[test]
    fn the_owners_set_outlasts_every_end_that_it_was_told_of() {
        let end = record().expires_at;
        assert!(i64::from(hour(end)) * 3_600_000_000 > end.as_micros());
        assert_eq!(i64::from(last_hour(end) - hour(end)), SLACK);
        let never = epoch() + Duration::days(2_000_000);
        assert_eq!(last_hour(never), hour(never));
    }
}

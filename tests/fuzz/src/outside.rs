use std::sync::Arc;

use axum_bare_session::storage::{
    DecodeError, Digest, SessionRecord, SessionStorage, StorageError, StorageErrorKind, Timestamp,
};
use axum_bare_session::{Duration, SessionId};

use crate::house::now;

/// What an engine keeps beside a record's JSON, and what counts in place of what the JSON says of it.
pub(crate) struct Outside {
    pub(crate) version: u64,
    pub(crate) last_seen: i64,
    pub(crate) expires_at: i64,
    /// Whose sessions it is listed among.
    pub(crate) owner: Option<String>,
}

/// What a storage is to tell of a record.
pub(crate) type Told = Result<SessionRecord, StorageErrorKind>;

impl Outside {
    pub(crate) fn of(record: &SessionRecord) -> Self {
        Self {
            version: record.version.into(),
            last_seen: record.last_seen.as_micros(),
            expires_at: record.expires_at.as_micros(),
            owner: record.owner.as_deref().map(str::to_owned),
        }
    }

    /// What is told of the record by whom asks for it.
    pub(crate) fn loaded(&self, json: &[u8]) -> Told {
        let mut record = SessionRecord::from_json(json).map_err(|error| match error {
            DecodeError::NewerFormat { .. } => StorageErrorKind::NewerFormat,
            _ => StorageErrorKind::Malformed,
        })?;
        let (last_seen, expires_at) = self.times().ok_or(StorageErrorKind::Malformed)?;
        record.version = self.version.into();
        (record.last_seen, record.expires_at) = (last_seen, expires_at);
        Ok(record)
    }

    /// What a list tells of a record of which `loaded` is told: of one of a newer version what is known without it.
    pub(crate) fn listed(&self, loaded: &Told) -> Option<SessionRecord> {
        match loaded {
            Ok(record) => Some(record.clone()),
            Err(StorageErrorKind::NewerFormat) => {
                let ((last_seen, expires_at), owner) = (self.times()?, self.owner.as_deref()?);
                let nobody = Digest::from([0; 32]);
                let mut record = SessionRecord::new(nobody, last_seen, expires_at);
                record.owner = Some(owner.into());
                Some(record)
            }
            Err(_) => None,
        }
    }

    fn times(&self) -> Option<(Timestamp, Timestamp)> {
        let last_seen = Timestamp::from_micros(self.last_seen)?;
        Some((last_seen, Timestamp::from_micros(self.expires_at)?))
    }
}

/// The session whose record is read.
pub(crate) fn id() -> SessionId {
    // No register of an owner's, which is another kind of row.
    let bytes = *b"\x01\x8b\xcf\xe5\x68\x00\x70\x00\x80\0\0\0\0\0\0\x01";
    uuid::Uuid::from_bytes(bytes).into()
}

/// A record of the numbers and the text in these bytes, alive at the time of all properties or not.
pub(crate) fn record(input: &[u8]) -> SessionRecord {
    let (numbers, text) = input.split_at(input.len().min(24));
    let number = |at: usize| {
        let bytes = numbers.get(at..at + 8);
        bytes.map_or(1, |bytes| {
            i64::from_be_bytes(bytes.try_into().expect("they are eight"))
        })
    };
    let time = |at| Timestamp::from_micros(number(at)).unwrap_or(Timestamp::MAX);
    let now = Timestamp::from(now());
    let mut record = SessionRecord::new(Digest::from([7; 32]), now, now + Duration::HOUR);
    record.version = number(0).cast_unsigned().into();
    (record.last_seen, record.expires_at) = (time(8), time(16));
    let text = String::from_utf8_lossy(text);
    record.values.insert(&text, &*text).expect("a text");
    record
}

pub(crate) fn assert_loads(
    loaded: Result<Option<Arc<SessionRecord>>, StorageError>,
    expected: &Told,
) {
    let loaded = loaded.map(|record| record.expect("there is one"));
    match (loaded, expected) {
        (Ok(record), Ok(expected)) => assert_eq!(*record, *expected),
        (Err(error), Err(kind)) => {
            assert_eq!(error.kind(), *kind, "{error:?}");
            let told = format!("{error} {error:?}");
            assert!(
                told.len() < 200,
                "an error shows nothing of a record: {told}"
            );
        }
        (loaded, expected) => panic!("{loaded:?} and not {expected:?}"),
    }
}

/// What the storage lists of that owner's.
pub(crate) async fn list(
    storage: &impl SessionStorage,
    owner: &str,
) -> Option<(SessionId, SessionRecord)> {
    let listed = storage.list(owner, now().into()).await;
    let listed = listed.expect("a record that is malformed keeps no list back");
    assert!(listed.len() < 2, "{listed:?}");
    listed
        .into_iter()
        .next()
        .map(|(id, record)| (id, SessionRecord::clone(&record)))
}

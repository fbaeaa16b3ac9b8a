use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};

use crate::record::Timestamp;

/// The number of the type in every PostgreSQL.
const OID: Oid = Oid(1184);
/// 2000-01-01, from when PostgreSQL counts, in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;

/// PostgreSQL's `timestamptz`, to the microsecond.
///
/// `sqlx` has one of its own behind its feature `time`. With that on, its macros take all times of an application for
/// `time`'s, also those of one that uses `chrono`.
pub(super) struct TimestampTz {
    since_2000: i64,
}

impl TimestampTz {
    /// Microseconds since 1970. Beyond what counts so, and for `infinity`, it is a number that is no time.
    pub(super) fn micros(&self) -> i64 {
        self.since_2000.saturating_add(EPOCH)
    }
}

impl From<Timestamp> for TimestampTz {
    fn from(time: Timestamp) -> Self {
        Self {
            since_2000: time.as_micros().saturating_sub(EPOCH),
        }
    }
}

impl Type<Postgres> for TimestampTz {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(OID)
    }

    fn compatible(found: &PgTypeInfo) -> bool {
        found.oid() == Some(OID)
    }
}

impl Encode<'_, Postgres> for TimestampTz {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&self.since_2000.to_be_bytes());
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for TimestampTz {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let bytes = value.as_bytes()?.try_into()?;
        let since_2000 = i64::from_be_bytes(bytes);
        Ok(Self { since_2000 })
    }
}

use std::error::Error;
use std::fmt;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

use crate::record::{SessionId, Timestamp};

type BoxError = Box<dyn Error + Sync + Send>;

/// 2000-01-01, from when PostgreSQL counts, in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;
/// When PostgreSQL's calendar begins: 4713 BC, in microseconds since 1970.
const FIRST: i64 = -210_866_803_200_000_000;

/// An id as a `uuid`.
#[derive(Debug)]
pub(super) struct Id(pub(super) SessionId);

impl ToSql for Id {
    fn to_sql(&self, _: &Type, buffer: &mut BytesMut) -> Result<IsNull, BoxError> {
        buffer.put_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    accepts!(UUID);
    to_sql_checked!();
}

impl FromSql<'_> for Id {
    fn from_sql(_: &Type, bytes: &[u8]) -> Result<Self, BoxError> {
        Ok(Self(uuid::Uuid::from_slice(bytes)?.into()))
    }

    accepts!(UUID);
}

/// A time as a `timestamptz`, to the microsecond.
///
/// What is earlier than PostgreSQL's calendar is `-infinity` there, which is read as the earliest time of all.
#[derive(Debug)]
pub(super) struct Time(pub(super) Timestamp);

impl ToSql for Time {
    fn to_sql(&self, _: &Type, buffer: &mut BytesMut) -> Result<IsNull, BoxError> {
        let micros = self.0.as_micros();
        buffer.put_i64(if micros < FIRST {
            i64::MIN
        } else {
            micros - EPOCH
        });
        Ok(IsNull::No)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

/// Microseconds since 1970, as a `timestamptz` tells them. Beyond what counts so, it is a number that is no time.
pub(super) struct Micros(pub(super) i64);

impl FromSql<'_> for Micros {
    fn from_sql(_: &Type, bytes: &[u8]) -> Result<Self, BoxError> {
        Ok(Self(match i64::from_be_bytes(bytes.try_into()?) {
            i64::MIN => Timestamp::MIN.as_micros(),
            since_2000 => since_2000.saturating_add(EPOCH),
        }))
    }

    accepts!(TIMESTAMPTZ);
}

/// The text of a record as `json`.
pub(super) struct Json<T>(pub(super) T);

impl ToSql for Json<Vec<u8>> {
    fn to_sql(&self, _: &Type, buffer: &mut BytesMut) -> Result<IsNull, BoxError> {
        buffer.put_slice(&self.0);
        Ok(IsNull::No)
    }

    accepts!(JSON);
    to_sql_checked!();
}

impl<'r> FromSql<'r> for Json<&'r [u8]> {
    fn from_sql(_: &Type, bytes: &'r [u8]) -> Result<Self, BoxError> {
        Ok(Self(bytes))
    }

    accepts!(JSON);
}

/// The driver logs the parameters of some calls.
impl<T> fmt::Debug for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(time: Timestamp) -> i64 {
        let mut buffer = BytesMut::new();
        Time(time).to_sql(&Type::TIMESTAMPTZ, &mut buffer).unwrap();
        Micros::from_sql(&Type::TIMESTAMPTZ, &buffer).unwrap().0
    }

    #[test]
    fn a_time_within_postgresqls_calendar_survives() {
        for micros in [FIRST, -1, 0, 1, EPOCH, Timestamp::MAX.as_micros()] {
            let time = Timestamp::from_micros(micros).unwrap();
            assert_eq!(round_trip(time), micros);
        }
    }

    #[test]
    fn what_is_earlier_than_postgresqls_calendar_is_the_earliest_time_of_all() {
        let earliest = Timestamp::MIN.as_micros();
        for micros in [earliest, earliest + 1, FIRST - 1] {
            assert_eq!(
                round_trip(Timestamp::from_micros(micros).unwrap()),
                earliest
            );
        }
    }
}

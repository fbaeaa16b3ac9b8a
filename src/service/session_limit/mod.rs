//! How many sessions an owner may have. Read `limit`, the rule; `register`, who is counted; `admission`, how a log-in
//! gets its place.

mod admission;
pub(crate) mod limit;
mod register;

pub(crate) use admission::Reservation;
pub(crate) use register::RESERVED_FOR;

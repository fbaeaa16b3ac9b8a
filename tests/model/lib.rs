//! The session protocol as models, whose every reachable state is checked against the design's rules.

pub mod check;
pub mod limit;
pub mod mechanisms;
pub mod renewal;
pub mod storage;
pub mod values;
